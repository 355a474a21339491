#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Neither mandoc nor groff has anything to say about a page of the manual; both must complain about
# a bad one. Every page has the sections that readers look for.
set -u

for tool in mandoc groff; do
	if ! command -v $tool >/dev/null; then
		echo "SKIP: no $tool (Debian: mandoc, groff-base)"
		exit 77
	fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

complaints() {
	mandoc -Tlint -W warning "$1"
	groff -ww -mdoc -Tutf8 -z "$1" 2>&1
}

printf '.Dd today\n.Dt BAD 8\n.Os\n.Sh NAME\n.Nm bad\n.Em At once\n' >"$work/bad.8"
if [ "$(complaints "$work/bad.8" | wc -l)" -lt 3 ]; then
	echo "FAIL: a bad page passes"
	failed=1
fi

for page in $MANUAL; do
	complaints "$TOP_SRCDIR/$page" >"$work/complaints"
	if [ -s "$work/complaints" ]; then
		cat "$work/complaints"
		failed=1
	fi
	sections='NAME DESCRIPTION EXAMPLES SEE.ALSO CAVEATS'
	case $page in
	*.8) sections="$sections SYNOPSIS EXIT.STATUS" ;;
	esac
	for section in $sections; do
		if ! grep -q "^\.Sh $section\$" "$TOP_SRCDIR/$page"; then
			echo "FAIL: $page: no section $section"
			failed=1
		fi
	done
done
[ -n "$MANUAL" ] || failed=1
exit $failed
