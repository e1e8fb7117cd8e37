"""What customers asked in vain: recorded by the dialog, shown to editors without their names."""
