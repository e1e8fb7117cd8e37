#!/bin/sh
# Hold these files against the programs that will read them, as far as they are on this machine.
set -eu
cd "$(dirname "$0")"

has() {
    command -v "$1" >/dev/null || { echo "no $1 here: $2 not checked"; return 1; }
}

if has promtool "alerts.yml, prometheus.yml"; then
    promtool check rules alerts.yml
    promtool check config prometheus.yml
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if has nginx "nginx.conf" && has openssl "nginx.conf"; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost \
        -keyout "$scratch/key.pem" -out "$scratch/fullchain.pem" 2>/dev/null
    sed "s|/etc/nginx/certificate|$scratch|" nginx.conf >"$scratch/nginx.conf"
    nginx -t -c "$scratch/nginx.conf" -g "pid $scratch/nginx.pid;"
fi
if has systemd-analyze "the units"; then
    units=$scratch/units
    mkdir "$units"
    for unit in okno*.service okno*.timer; do
        # The program need not be installed here, and a template is checked as one of its units.
        sed 's|/opt/okno/.venv/bin/okno|/bin/true|' "$unit" >"$units/$(echo "$unit" | sed 's/@\./@web./')"
    done
    systemd-analyze verify "$units"/okno*
fi
if docker compose version >/dev/null 2>&1; then
    docker compose --file compose.yaml config --quiet
else
    echo "no docker compose here: compose.yaml not checked"
fi
