"""The supervisor's board: how it stands now, any period, announcements, late answers."""
