#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a machine can say about the source without running it. A tool that is missing is named and
# skipped; the last line counts, and the exit status is 1 if any tool complained.
set -u

cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0 skipped=0

# lint TOOL NAME COMMAND...: runs COMMAND if TOOL is installed.
lint() {
	tool=$1 name=$2
	shift 2
	if ! command -v "$tool" >/dev/null; then
		echo "SKIP: $name: '$tool' is not installed"
		skipped=$((skipped + 1))
	elif "$@"; then
		echo "PASS: $name"
		passed=$((passed + 1))
	else
		echo "FAIL: $name"
		failed=$((failed + 1))
	fi
}

sources() {
	find analyzers base capture cmd examples host probe report tests -name '*.[ch]' | sort
}

scripts() {
	find bootstrap .ci examples tests -type f 2>/dev/null | sort | while read -r file; do
		head -n 1 "$file" | grep -qa '^#!.*sh' && echo "$file"
	done
}

# Names the files only: "make format" shows the difference better than a list of columns.
formatted() {
	sources | xargs clang-format --dry-run -Werror 2>&1 |
		sed -n 's/^\([^: ]*\):.*/\1: run make format/p' | sort -u | { ! grep .; }
}

# clang-format leaves comments as they are.
narrow() {
	{
		sources
		scripts
	} | while read -r file; do
		expand "$file" | awk -v file="$file" '
			length($0) > 100 { print file ":" NR ": longer than 100 columns" }'
	done | { ! grep .; }
}

checked() {
	sources | grep -v '^tests/' | xargs cppcheck --quiet --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability --suppress=missingIncludeSystem -I .
}

shell_checked() {
	scripts | xargs shellcheck --severity=warning
}

# groff tells its complaints on standard error and still exits with 0.
manuals_format() {
	complaints=$(groff -ww -mdoc -Tutf8 -z man/*.[1-9] 2>&1)
	[ -z "$complaints" ] || { echo "$complaints"; return 1; }
}

manuals_lint() {
	mandoc -Tlint -W warning man/*.[1-9]
}

lint clang-format "layout of the C files" formatted
lint expand "lines of 100 columns at most" narrow
lint cppcheck "cppcheck" checked
lint shellcheck "shellcheck" shell_checked
if [ -d man ]; then
	lint mandoc "mandoc on the manual" manuals_lint
	lint groff "groff on the manual" manuals_format
fi
lint awk "direction of includes" env TOP_SRCDIR="$PWD" tests/doc/includes.sh

echo "lint: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
