#!/bin/sh
# /usr/local/bin/okno: the command with the service's rights and settings (/opt/okno/.env).
cd /opt/okno && exec runuser -u okno -- /opt/okno/.venv/bin/okno "$@"
