#!/usr/bin/env bash
# Prometheus and Alertmanager as Debian and Ubuntu package them, unpacked into a folder: nothing is installed or started,
# and no root is needed. apt checks their signatures.
#   bash tools/peers.sh .tools/peers
set -euo pipefail

for program in apt-get dpkg-deb; do
  command -v "$program" >/dev/null || { echo "There is no $program here." >&2; exit 1; }
done

rm -rf "$1"
mkdir -p "$1"
cd "$1"

download() { apt-get download --quiet prometheus prometheus-alertmanager; }

# apt knows packages only once it has fetched their lists, for which it must be root.
renew() { if [ "$(id -u)" = 0 ]; then apt-get update --quiet; else sudo -n apt-get update --quiet; fi; }

download || { renew && download; }
for package in *.deb; do
  dpkg-deb --extract "$package" .
done
rm -- *.deb

# Debian's Alertmanager reads its templates from one absolute path. Made relative, in as many bytes, it finds them here
# when it is started in this folder. Nothing else of it is touched.
LC_ALL=C sed --in-place 's|/usr/share/prometheus/alertmanager|usr/share/prometheus/alertmanager/|g' \
  usr/bin/prometheus-alertmanager
