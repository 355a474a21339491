# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the examples share: network namespaces that stand for machines, programs that run there, and
# an end that leaves nothing behind, also when interrupted.
#
#   stage_needs TOOL...         ends the example with status 77 unless it can run here
#   stage_programs NAME...      the same for the example's own programs, which it runs by name then
#   stage_machine NAME...       makes machines
#   stage_wire A IF MAC B IF MAC  joins two by a veth pair
#   stage_on MACHINE COMMAND... runs a command there
#   begin MACHINE NAME COMMAND...  the same in the background; it prints to $stage_dir/NAME
#   tap MACHINE NAME COMMAND... the same, and waits until it has bound a packet socket
#   finish NAME                 waits for its end
#   act MACHINE NAME PROGRAM... begins a program of the example, and waits until it says "ready"
#   leave NAME...               ends those, and shows what they print then
#   title TEXT, say TEXT
#   show MACHINE LINE [LOAD]    shows a line as it would be typed there, and runs it; LOAD is run as
#                               soon as the line has a packet socket more, so that it sees all
#   printed ID command|undo     takes what the JSON report in $stage_dir/report prints for a finding
#                               to do, or to undo
#   show_printed MACHINE        shows those lines, and runs them
#   fail TEXT                   ends the example with status 1
set -u

stage_dir=$(mktemp -d) || exit 2
stage_here=$(cd "$(dirname "$0")" && pwd)
stage_example=${stage_here##*/}
stage_top=${stage_here%/*/*}
stage_build=${TOP_BUILDDIR:-$stage_top/build}
stage_machines=''
stage_gap=''
declare -A stage_actors=()
pktlint=${PKTLINT:-$stage_build/pktlint}
export PATH=$stage_build/examples/$stage_example:${pktlint%/*}:$PATH:/usr/sbin:/sbin LC_ALL=C

# Programs first: a namespace lives as long as one runs in it.
stage_end() {
	local status=$? name
	trap '' HUP INT TERM
	for name in "${!stage_actors[@]}"; do
		kill -KILL "${stage_actors[$name]}"
		wait "${stage_actors[$name]}"
	done 2>/dev/null
	for name in $stage_machines; do
		ip netns del "$stage_example-$$-$name"
	done
	rm -rf "$stage_dir"
	exit "$status"
}
trap stage_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

cannot() {
	echo "$stage_example: $*" >&2
	exit 77
}

fail() {
	echo "$stage_example: $*" >&2
	exit 1
}

stage_needs() {
	local tool
	[ "$(id -u)" -eq 0 ] ||
		cannot "needs root, for network namespaces and packet sockets: run it with sudo"
	for tool in ip jq "$@"; do
		command -v "$tool" >/dev/null || cannot "'$tool' is not installed"
	done
}

stage_programs() {
	local program
	for program in "$pktlint" "$@"; do
		command -v "$program" >/dev/null ||
			cannot "'$program' is not built: make -C $stage_build examples"
	done
}

stage_on() {
	local machine=$1
	shift
	ip netns exec "$stage_example-$$-$machine" "$@"
}

# Without IPv6, whose own packets nobody here has sent.
stage_machine() {
	local name error
	for name in "$@"; do
		error=$(ip netns add "$stage_example-$$-$name" 2>&1) ||
			cannot "no network namespaces: $error"
		stage_machines="$stage_machines $name"
		error=$(stage_on "$name" true 2>&1) || cannot "namespaces cannot be entered: $error"
		stage_on "$name" sh -c 'file=/proc/sys/net/ipv6/conf/default/disable_ipv6
			[ ! -e $file ] || echo 1 >$file'
	done
}

stage_wire() {
	local error
	error=$(ip -n "$stage_example-$$-$1" link add "$2" address "$3" type veth \
		peer name "$5" address "$6" netns "$stage_example-$$-$4" 2>&1) ||
		cannot "no veth: $error"
	stage_on "$1" ip link set "$2" up
	stage_on "$4" ip link set "$5" up
}

# What "ip netns exec" runs has the number of ip itself, so it gets the signals.
begin() {
	local machine=$1 name=$2
	shift 2
	: >"$stage_dir/$name"
	if [ "$name" = shown ]; then
		ip netns exec "$stage_example-$$-$machine" "$@" &
	else
		ip netns exec "$stage_example-$$-$machine" "$@" >"$stage_dir/$name" &
	fi
	stage_actors[$name]=$!
}

finish() {
	local status=0
	wait "${stage_actors[$1]}" || status=$?
	unset "stage_actors[$1]"
	return $status
}

act() {
	begin "$@"
	until [ -s "$stage_dir/$2" ]; do
		kill -0 "${stage_actors[$2]}" 2>/dev/null || fail "'$2' does not run"
		sleep 0.02
	done
}

leave() {
	local name
	for name in "$@"; do
		kill -TERM "${stage_actors[$name]}" 2>/dev/null
		finish "$name" || fail "'$name' failed"
		sed -e /^ready$/d -e "s/^/   $name: /" "$stage_dir/$name"
	done
}

title() {
	printf '%s%s\n' "$stage_gap" "$*"
	stage_gap=$'\n'
}

say() {
	printf '   %s\n' "$@"
}

# Packet sockets that are bound: those that receive.
stage_sockets() {
	stage_on "$1" awk '$6 == 1 { bound++ } END { print bound + 0 }' /proc/net/packet
}

# stage_await MACHINE SOCKETS NAME: waits until NAME has bound one more than there were.
stage_await() {
	until [ "$(stage_sockets "$1")" -gt "$2" ]; do
		kill -0 "${stage_actors[$3]}" 2>/dev/null || fail "'$3' does not run"
		sleep 0.02
	done
}

tap() {
	local before
	before=$(stage_sockets "$1")
	begin "$@"
	stage_await "$1" "$before" "$2"
}

# In the background and waited for, so that a signal ends the example at once. The shell becomes
# what it runs, so that one is ended, too.
show() {
	local before
	echo "$1# ${2//	/}"
	before=$(stage_sockets "$1")
	begin "$1" shown bash -c "$2"
	if [ -n "${3:-}" ]; then
		stage_await "$1" "$before" shown
		$3
	fi
	finish shown
}

show_printed() {
	local line
	while read -r line; do
		show "$1" "$line" || fail "this command failed"
	done <"$stage_dir/commands"
}

# What undoes: last one first.
printed() {
	jq -r "[.findings[] | select(.id == \"$1\") | .fix.steps[].$2 // empty] |
		if \"$2\" == \"undo\" then reverse else . end | .[]" "$stage_dir/report" \
		>"$stage_dir/commands"
	[ -s "$stage_dir/commands" ] || fail "$1 was not found, or came without a command"
}
