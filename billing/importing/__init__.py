"""``okno billing import``: accounts, meters, charges and payments from CSV and XLSX files."""
