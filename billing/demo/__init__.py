"""The fictional company's accounts, the same in every run."""
