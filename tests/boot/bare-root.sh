#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Proves the README's two commands on a machine that has nothing: makes a bare Debian root with
# mmdebstrap, clones this repository into it and runs ./bootstrap run and ./bootstrap check there.
# Needs root, mmdebstrap and a Debian mirror (the host's, or $MIRROR); takes some minutes.
set -eu

suite=${1:-bookworm}
source=$(cd "$(dirname "$0")/../.." && pwd)
mirror=${MIRROR:-http://deb.debian.org/debian}

if [ "$(id -u)" -ne 0 ]; then
	echo "bare-root: needs root for mmdebstrap and chroot" >&2
	exit 2
fi
# The mounts of this script live and die with its own mount namespace.
if [ -z "${BARE_ROOT_UNSHARED:-}" ]; then
	BARE_ROOT_UNSHARED=1 exec unshare --mount --pid --fork "$0" "$@"
fi

work=$(mktemp -d)
root=$work/root
trap 'umount -R "$root" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT

# What the host's apt needs to reach a mirror, the new root's apt needs as well.
eval "$(apt-config shell proxy Acquire::http::Proxy)"
set -- --variant=minbase --include=git,ca-certificates
if [ -n "${proxy:-}" ]; then
	set -- "$@" --aptopt="Acquire::http::Proxy \"$proxy\""
fi

# timed NAME COMMAND...: runs COMMAND and says how long it took.
timed() {
	name=$1
	shift
	start=$(date +%s)
	status=0
	"$@" || status=$?
	echo "bare-root: $name: status $status, $(($(date +%s) - start)) s"
	return $status
}

timed "mmdebstrap $suite" mmdebstrap --quiet "$@" "$suite" "$root" "$mirror"
git clone --quiet --no-hardlinks "$source" "$root/pktlint"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
# Network namespaces of the live tests can be entered only where the root is a mount.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

bare() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}

for tool in make gcc autoconf pkg-config; do
	if bare sh -c "command -v $tool" >/dev/null; then
		echo "bare-root: '$tool' is already there, so this proves nothing" >&2
		exit 2
	fi
done
timed "./bootstrap run" bare /pktlint/bootstrap run
timed "./bootstrap check" bare /pktlint/bootstrap check
