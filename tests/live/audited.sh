#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What live tests of "audit" share, besides lab.sh, which this sources:
#
#   audit NS OPTION...     its report is in $lab_work/report then, its status in $audit_status
#   report FILTER          from the report, by jq
#   found ID SUBJECT       fails unless it has that finding
#   absent ID SUBJECT      fails if it has
#   silent                 fails if it has any finding, or another status than 0
#   unharmed ID...         fails if it has a finding but information of these ids
#   carry_out NS ID        runs the commands of that finding as printed, and those that read back
#   take_back NS ID        runs what undoes them, last one first
. "$TOP_SRCDIR/tests/live/lab.sh"

audit() {
	local space=$1
	shift
	audit_status=0
	lab_in "$space" "$PKTLINT" audit --json "$@" >"$lab_work/report" 2>"$lab_work/audit.err" ||
		audit_status=$?
	[ "$audit_status" -ne 2 ] || fail "$case: audit $* in $space could not run"
}

report() {
	jq -c "$1" "$lab_work/report"
}

show_findings() {
	jq -r '.findings[] | "\(.severity) \(.id) \(.subject): \(.what)"' "$lab_work/report"
}

count_findings() {
	report "[.findings[] | select(.id == \"$1\" and .subject == \"$2\")] | length"
}

found() {
	[ "$(count_findings "$1" "$2")" -gt 0 ] || {
		show_findings
		fail "$case: $1 is not found at $2"
	}
}

absent() {
	[ "$(count_findings "$1" "$2")" -eq 0 ] || {
		show_findings
		fail "$case: $1 is found at $2"
	}
}

silent() {
	[ "$(report '.findings | length')" -eq 0 ] && [ "$audit_status" -eq 0 ] || {
		show_findings
		fail "$case: not silent, status $audit_status"
	}
}

unharmed() {
	local allowed
	allowed=$(printf '"%s",' "$@")
	[ "$(report "[.findings[] | select(.severity != \"info\" or
		([.id] | inside([${allowed%,}]) | not))] | length")" -eq 0 ] || {
		show_findings
		fail "$case: something is found"
	}
}

# steps ID MEMBER: of its findings, one a line.
steps() {
	jq -r ".findings[] | select(.id == \"$1\") | .fix.steps[].$2 // empty" "$lab_work/report"
}

carry_out() {
	local line
	steps "$2" command >"$lab_work/commands"
	[ -s "$lab_work/commands" ] || fail "$case: $2 prints no command"
	steps "$2" undo | tac >"$lab_work/undo"
	while read -r line; do
		lab_in "$1" sh -c "$line" </dev/null || fail "$case: '$line' of $2 in $1"
	done <"$lab_work/commands"
	steps "$2" read | while read -r line; do
		lab_in "$1" sh -c "$line" </dev/null >/dev/null || fail "$case: '$line' of $2 in $1"
	done || exit
}

take_back() {
	local line
	[ -s "$lab_work/undo" ] || fail "$case: $2 has no undo"
	while read -r line; do
		lab_in "$1" sh -c "$line" </dev/null || fail "$case: '$line' of $2 in $1"
	done <"$lab_work/undo"
}
