#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Includes point down only: prints every #include that leaves its layer, and fails if one does.
# "stranger" lines name what a folder may include; "library" lines, the only files that may include
# the headers of a library.
set -eu

rules() {
	cat <<-'END'
	stranger cmd       ^(cmd|analyzers|capture|host|probe|report|base)/
	stranger analyzers ^((analyzers|report|base)/|(capture|probe)/packet|host/(comp|host|snap))
	stranger probe     ^(probe|base)/
	stranger capture   ^(capture|base)/
	stranger host      ^(host|base)/
	stranger report    ^(report|base)/
	stranger base      ^base/
	library  ^pcap     ^capture/(filter|pcap_live)\.c$
	library  ^linux/if_packet\.h ^(capture/packet_socket\.h|probe/raw\.c)$
	library  ^json-c/  ^(report/json[^/]*|host/snapshot_json)\.c$
	library  ^seccomp\.h ^cmd/syscalls\.c$
	library  ^linux/rtnetlink\.h ^(capture/watch_(link|mess)|host/collect_(link|route|tc))
	library  ^linux/ethtool\.h  ^(capture/watch_features|host/collect_ethtool[^/]*)\.c$
	END
}

# Prints offending lines of the .c and .h files below the current directory.
offences() {
	rules >"$1"
	find analyzers base capture cmd host probe report -name '*.[ch]' 2>/dev/null | sort |
		xargs awk -v rules="$1" '
		BEGIN {
			while ((getline line < rules) > 0) {
				split(line, word, " ")
				if (word[1] == "stranger")
					allowed[word[2]] = word[3]
				else
					owner[word[2]] = word[3]
			}
		}
		FNR == 1 { split(FILENAME, part, "/"); layer = part[1] }
		/^[ \t]*#[ \t]*include/ {
			name = $0
			sub(/^[^"<]*["<]/, "", name)
			sub(/[">].*/, "", name)
			bad = 0
			if ($0 ~ /"/)
				bad = name !~ allowed[layer]
			else
				for (library in owner)
					if (name ~ library && FILENAME !~ owner[library])
						bad = 1
			if (bad)
				print FILENAME ":" FNR ": " $0
		}'
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/tree/analyzers" "$work/tree/capture" "$work/tree/cmd"
echo '#include "cmd/engine.h"' >"$work/tree/analyzers/up.c"
echo '#include <pcap/pcap.h>' >"$work/tree/capture/file.c"
echo '#include "capture/packet.h"' >"$work/tree/cmd/fine.c"
cd "$work/tree"
offences "$work/rules" >"$work/found"
if [ "$(wc -l <"$work/found")" -ne 2 ]; then
	echo "of the two bad lines of a made tree this test finds:"
	cat "$work/found"
	exit 1
fi

cd "$TOP_SRCDIR"
offences "$work/rules" | tee "$work/found"
[ ! -s "$work/found" ]
