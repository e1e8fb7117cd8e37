"""Meter readings: judged, taken, undone, reviewed, handed over to billing, shown by month."""
