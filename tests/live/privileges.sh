#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A program that captures has given up all it does not need, as the kernel sees it: identity,
# capabilities, system calls, descriptors. Started as root, with -Z, by file capabilities; and
# without any privilege it says what to do.
. "$TOP_SRCDIR/tests/live/lab.sh"

lab_ipv6=no
filter='ether proto 0x88b5'
own=$lab_work/own
looking=0x81004 # CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_SYS_PTRACE
program=$own/pktlint

# status PID NAME: its line in /proc/PID/status.
status() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# gave_up PID NAME...: capability sets that are empty.
gave_up() {
	local pid=$1 name
	shift
	for name; do
		expect "$name" 0000000000000000 "$(status "$pid" "$name")"
	done
	expect NoNewPrivs 1 "$(status "$pid" NoNewPrivs)"
	[ "$seccomp" = no ] || expect Seccomp 2 "$(status "$pid" Seccomp)"
}

# is_user PID UID GID: real, effective, saved and of the file system.
is_user() {
	expect Uid "$2 $2 $2 $2" "$(status "$1" Uid | tr '\t' ' ')"
	expect Gid "$3 $3 $3 $3" "$(status "$1" Gid | tr '\t' ' ')"
}

# Sockets that only the kernel or our own child can send to: packet, rtnetlink, a pair.
is_harmless_socket() {
	awk -v inode="$2" '
		FILENAME ~ /packet$/ && $9 == inode { found = 1 }
		FILENAME ~ /netlink$/ && $10 == inode { found = 1 }
		FILENAME ~ /unix$/ && $7 == inode && $4 == "00000000" && NF == 7 { found = 1 }
		END { exit !found }' "/proc/$1/net/packet" "/proc/$1/net/netlink" \
		"/proc/$1/net/unix"
}

# holds_only PID OUTPUT: besides standard ones, sockets, settings that can be read, and the output.
holds_only() {
	local pid=$1 output=$2 descriptor target mode
	for descriptor in "/proc/$pid/fd"/*; do
		target=$(readlink "$descriptor")
		[ ! -d "$descriptor" ] || fail "$case: $descriptor holds the directory '$target'"
		mode=$(sed -n 's/^flags:.*\(.\)$/\1/p' "/proc/$pid/fdinfo/${descriptor##*/}")
		case "${descriptor##*/} $target" in
		[012]\ *) ;;
		*\ socket:*) is_harmless_socket "$pid" "${target//[!0-9]/}" ||
			fail "$case: holds $target" ;;
		# In a chroot(8) what stands before is the path to it.
		*/proc/* | */sys/*) expect "access to $target" 0 "$mode" ;;
		*) [ -n "$output" ] && [ "${target%"$output"}" != "$target" ] ||
			fail "$case: descriptor ${descriptor##*/} holds '$target'" ;;
		esac
	done
}

# send: frames that arrive while nothing but capturing is left.
send() {
	lab_in A traffic send raw -i a0 -n 100 -r 20k -s 60 >"$lab_work/sent" ||
		fail "$case: sender"
}

# captures STATUS: ends what was started, which must have seen the frames.
captures() {
	local status=0
	send
	stop capture || status=$?
	expect "exit status" "$1" $status
	grep -q "^pktlint: 'b0': 100 frames" "$lab_work/capture.err" ||
		expect "frames" 100 "$(grep -c "EtherType 0x88b5" "$lab_work/capture.out")"
}

# root UID GID STATUS OUTPUT COMMAND...: started as root.
root() {
	local pid uid=$1 gid=$2 status=$3 output=$4
	shift 4
	case="root: $*"
	ready="capturing on" start capture lab_in B setpriv --groups 0,1 "$PKTLINT" "$@" "$filter"
	pid=${lab_pids[capture]}
	is_user "$pid" "$uid" "$gid"
	gave_up "$pid" CapInh CapPrm CapEff CapAmb CapBnd
	expect "groups" "$(id -G "$uid")" \
		"$(status "$pid" Groups | sed 's/ $//')"
	holds_only "$pid" "$output"
	captures "$status"
}

# The keeper creates files for record and can do nothing else that root can.
keeper() {
	local pid child file=$own/run.pcapng
	case="keeper"
	ready="capturing on" start capture lab_in B "$PKTLINT" record -i b0 -C 20kB -w "$file" \
		"$filter"
	pid=${lab_pids[capture]}
	is_user "$pid" "$nobody" "$nogroup"
	gave_up "$pid" CapInh CapPrm CapEff CapAmb CapBnd
	holds_only "$pid" "${file%.pcapng}_00001.pcapng"
	child=$(cat "/proc/$pid/task/$pid/children")
	expect "uid of the keeper" 0 "$(status "${child% }" Uid | cut -f 2)"
	expect "rest of its capabilities" 0 "$((0x$(status "${child% }" CapEff) & ~0xa))"
	expect NoNewPrivs 1 "$(status "${child% }" NoNewPrivs)"
	captures 0
	until_true [ ! -e "/proc/${child% }" ] || fail "$case: it is still there"
}

# Who looks at the machine again sees no packet, and has what looking takes.
second_look() {
	local pid child status=0
	case="second look"
	ready="capturing on" start capture lab_in B "$PKTLINT" audit -v --traffic 60 b0
	pid=${lab_pids[capture]}
	is_user "$pid" "$nobody" "$nogroup"
	gave_up "$pid" CapInh CapPrm CapEff CapAmb CapBnd
	holds_only "$pid" ""
	child=$(cat "/proc/$pid/task/$pid/children")
	expect "rest of its capabilities" 0 "$((0x$(status "${child% }" CapEff) & ~looking))"
	expect "those that can be gained" 0 "$((0x$(status "${child% }" CapBnd) & ~looking))"
	expect NoNewPrivs 1 "$(status "${child% }" NoNewPrivs)"
	expect "descriptors" 2 "$(find "/proc/${child% }/fd" -type l | wc -l)"
	send
	stop capture || status=$?
	[ $status -ne 2 ] || fail "$case: status $status"
	grep -q "frames analysed" "$lab_work/capture.out" || fail "$case: no report"
	until_true [ ! -e "/proc/${child% }" ] || fail "$case: it is still there"
}

# as_nobody COMMAND...: from the start, by the copy of the program.
as_nobody() {
	lab_in B setpriv --reuid="$nobody" --regid="$nogroup" --clear-groups "$program" "$@"
}

# refused PATTERN COMMAND...: ends with 2 and one line.
refused() {
	local status=0 pattern=$1
	shift
	"$@" >"$lab_work/capture.out" 2>"$lab_work/capture.err" || status=$?
	expect "exit status" 2 $status
	expect "lines" 1 "$(wc -l <"$lab_work/capture.err")"
	grep -q -e "$pattern" "$lab_work/capture.err" || fail "$case: '$pattern' is not told"
}

unprivileged() {
	local command pid
	cp "$PKTLINT" "$program" || fail "cannot copy '$PKTLINT'"
	for command in check dump "record -w $own/none.pcap"; do
		case="no privilege: $command"
		# shellcheck disable=SC2086
		refused "needs CAP_NET_RAW: run it with sudo, or see pktlint(8), PRIVILEGES" \
			as_nobody $command -i b0
	done
	case="file capability"
	if ! setcap cap_net_raw=ep "$program" 2>"$lab_work/setcap"; then
		echo "without file capabilities: $(cat "$lab_work/setcap")"
		return
	fi
	ready="capturing on" start capture lab_in B setpriv --reuid="$nobody" --regid="$nogroup" \
		--clear-groups "$program" check -v -i b0 "$filter"
	pid=${lab_pids[capture]}
	is_user "$pid" "$nobody" "$nogroup"
	gave_up "$pid" CapInh CapPrm CapEff CapAmb
	holds_only "$pid" ""
	captures 0
	case="file capability, -Z"
	refused "cannot become user 'daemon': only root can choose a user" \
		as_nobody check -i b0 -Z daemon
}

for tool in setpriv setcap; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
for user in nobody daemon; do
	id "$user" >/dev/null 2>&1 || skip "there is no user '$user'"
done
nobody=$(id -u nobody) nogroup=$(id -g nobody) daemon=$(id -u daemon) daemons=$(id -g daemon)
seccomp=no
! grep -q "define HAVE_SECCOMP 1" "$TOP_BUILDDIR/config.h" || seccomp=yes
# What the test itself was given is none of the program's.
for descriptor in /proc/$$/fd/*; do
	descriptor=${descriptor##*/}
	[ "$descriptor" -le 2 ] || [ "$descriptor" -eq 255 ] || eval "exec $descriptor>&-"
done
chmod 711 "$lab_work"
mkdir -m 777 "$own"
lab_pair
for frontend in mmap raw pcap; do
	root "$nobody" "$nogroup" 0 "" check -v -i b0 --frontend $frontend
done
root "$nobody" "$nogroup" 0 "" dump -v -i b0
root "$nobody" "$nogroup" 0 "$own/x.pcap" record -i b0 -w "$own/x.pcap"
root "$daemon" "$daemons" 0 "" check -v -i b0 -Z daemon
keeper
second_look
case="no such user"
refused "cannot become user 'nosuchuser': there is no such user" \
	lab_in B "$PKTLINT" check -i b0 -Z nosuchuser
unprivileged
