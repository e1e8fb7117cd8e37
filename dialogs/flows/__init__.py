"""One module per flow; ``dialogs/flow.py`` says what a flow is."""
