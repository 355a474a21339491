#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Commands, options, lists, findings, metrics and the words of verdicts stand in the manual, and the
# manual names none that does not exist. Installed pages open with "pktlint help".
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$TOP_SRCDIR" || exit 1
failed=0

# same WHAT: the lines of "program" and "manual" are the same, in any order.
same() {
	sort -u "$work/program" >"$work/a"
	sort -u "$work/manual" >"$work/b"
	if [ ! -s "$work/a" ]; then
		echo "FAIL: $1: found none"
		failed=1
	elif ! diff "$work/a" "$work/b" >"$work/diff"; then
		echo "FAIL: $1: < in the program only, > in the manual only"
		cat "$work/diff"
		failed=1
	fi
}

# section PAGE NAME: the lines of a section.
section() {
	awk -v name="$2" '/^\.Sh / { on = $0 == ".Sh " name } on' "$1"
}

# items WORD: what stands behind ".It WORD" on standard input.
items() {
	sed -n "s/^\.It $1 \([^ ]*\).*/\1/p"
}

# options: the options of a --help text, "q quiet" where one has both forms.
options() {
	sed -n -e 's/^  -\(.\), --\([a-z-]*\).*/\1 \2/p' -e 's/^      --\([a-z-]*\).*/\1/p' \
		-e 's/^  -\([^-,]\)\( .*\)*$/\1/p'
}

# documented: the same of a page.
documented() {
	sed -n 's/^\.It Fl //p' |
		sed -e 's/ Ns .*//' -e 's/ Ar [^ ]*//' -e 's/ , Fl Fl / /' -e 's/^Fl //'
}

"$PKTLINT" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' >"$work/commands"
cp "$work/commands" "$work/program"
section man/pktlint.8 COMMANDS | items Cm >"$work/manual"
same "commands of pktlint(8)"
sed 's,.*,man/pktlint-&.8,' "$work/commands" >"$work/program"
for page in man/pktlint-*.8; do
	echo "$page"
done >"$work/manual"
same "pages of commands"

: >"$work/all"
while read -r command; do
	"$PKTLINT" "$command" --help | options | tee -a "$work/all" >"$work/program"
	documented <"man/pktlint-$command.8" >"$work/manual"
	same "options of pktlint-$command(8)"
done <"$work/commands"

# Options that are only mentioned, on whatever page, must exist as well; those of ./bootstrap,
# ./configure, ethtool and tcpdump are not ours.
sed 's/.* //' "$work/all" >"$work/known"
printf '%s
' no-install enable-sanitizers enable-fuzzing disable-hardening without-seccomp \
	set-eee show-priv-flags time-stamp-precision xdp sequence discover-sequence >>"$work/known"
for page in $MANUAL README.md; do
	sed -e 's/Fl Fl \([a-z]\)/--\1/g' -e 's/\\-/-/g' "$page" |
		grep -o -e '--[a-z][a-z-]*' | sed 's/^--//' >"$work/named"
	if grep -vxF -f "$work/known" "$work/named" >"$work/unknown"; then
		echo "FAIL: $page: options that do not exist:"
		cat "$work/unknown"
		failed=1
	fi
done

"$PKTLINT" list --help | sed -n '/^Lists/,$s/^  \([a-z-]*\) .*/\1/p' >"$work/program"
items Cm <man/pktlint-list.8 >"$work/manual"
same "lists of pktlint-list(8)"

"$PKTLINT" list origins | sed -n '2,$s/^\([a-z_]*\)  .*/\1/p' >"$work/program"
section man/pktlint-reordering.7 "WHO REORDERED IT" | items Cm >"$work/manual"
same "origins of pktlint-reordering(7)"

"$PKTLINT" list findings | sed -n 's/^\(PL[0-9]*\)  *\([^ ]*\) .*/\1 \2/p' >"$work/findings"
cp "$work/findings" "$work/program"
sed -n 's/^\.Ss \(PL[0-9]* .*\)/\1/p' man/pktlint-findings.7 | sed 's/\\//g' >"$work/manual"
same "findings of pktlint-findings(7)"
# Ids that the manual only mentions.
cut -d ' ' -f 1 "$work/findings" >"$work/program"
cp "$work/program" "$work/manual"
for page in $MANUAL README.md; do
	grep -o 'PL[0-9][0-9][0-9][0-9]' "$page" >>"$work/manual"
done
same "ids of findings"

for list in metrics flow-metrics stream-metrics; do
	"$PKTLINT" list $list | sed -n 's/^\([a-z]*\.[a-z0-9_]*\) .*/\1/p'
done >"$work/program"
sed -n '/^\.\\" table .*metrics$/,/^\.\\" end/p' man/pktlint-json.5 | items Va >"$work/manual"
same "metrics of pktlint-json(5)"
# Metrics that pages and README name as "tcp.x" or "capture.x".
cp "$work/program" "$work/metrics"
for page in $MANUAL README.md; do
	grep -o -e '[^.a-z]tcp\.[a-z_]*[a-z]' -e '[^.a-z]capture\.[a-z_]*_[a-z_]*' "$page" |
		sed 's/^.//' | grep -v -e '^tcp\.analysis$' -e '^tcp\.flags$' -e '^tcp\.len$' \
		-e '^tcp\.stream$' -e '^tcp\.ack$' -e '^tcp\.check' >"$work/named"
	grep -vxF -f "$work/metrics" "$work/named" >"$work/unknown"
	if [ -s "$work/unknown" ]; then
		echo "FAIL: $page: metrics that do not exist:"
		cat "$work/unknown"
		failed=1
	fi
done

# The tutorial explains all of numbered streams, as soon as there is an analyzer of them.
sed -n 's/^sequence\.//p' "$work/metrics" >"$work/program"
if [ -s "$work/program" ]; then
	section man/pktlint-reordering.7 METRICS | sed -n 's/^\.It Va //p' | tr -s ' ,' '\n' \
		>"$work/manual"
	same "metrics of pktlint-reordering(7)"
fi

# words LIST SECTION: an X-macro of verdict.h against a section of pktlint-dump(8).
words() {
	sed -n "/^#define $1(X)/,/^\$/s/.*X([A-Z0-9_]*, \([a-z_]*\)).*/\1/p" analyzers/verdict.h |
		grep -vx none >"$work/program"
	section man/pktlint-dump.8 "$2" | items Cm >"$work/manual"
	same "$2 of pktlint-dump(8)"
}
words LABELS LABELS
words CAUSES CAUSES
words EVIDENCES EVIDENCE

# Words of specifications: the table of field_text.c against pktlint.conf(5).
sed -n 's/^.\[WORD_[A-Z_]*\] = { "\([a-z.]*\)".*/\1/p' analyzers/field_text.c >"$work/program"
section man/pktlint.conf.5 SPECIFICATIONS | items Cm >"$work/manual"
same "words of pktlint.conf(5)"
# Its examples are what the program takes.
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^sequence /&/p' man/pktlint.conf.5 | sed 's/\\-/-/g' \
	>"$work/conf"
if [ ! -s "$work/conf" ] || ! "$PKTLINT" list profiles --config "$work/conf" >"$work/list"; then
	echo "FAIL: pktlint.conf(5): an example is refused"
	failed=1
fi

# What the README tells to type.
./bootstrap --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' >"$work/known"
sed -n 's/^    .*\.\/bootstrap \([a-z]*\).*/\1/p' README.md >"$work/named"
grep -o -e '^    .*pktlint [a-z]* ' -e '`pktlint [a-z]*' README.md |
	sed 's/.*pktlint \([a-z]*\).*/\1/' >"$work/typed"
if [ ! -s "$work/named" ] || grep -vxF -f "$work/known" "$work/named" ||
	[ ! -s "$work/typed" ] || grep -vxF -f "$work/commands" "$work/typed"; then
	echo "FAIL: README.md: commands that do not exist"
	failed=1
fi

# "help" asks man(1) for the page, and where man(1) is, it finds the pages as installed.
mkdir -p "$work/bin" "$work/man/man5" "$work/man/man7" "$work/man/man8"
printf '#!/bin/sh\necho "$@"\n' >"$work/bin/man"
chmod +x "$work/bin/man"
[ "$(PATH=$work/bin:$PATH "$PKTLINT" help check)" = "8 pktlint-check" ] || {
	echo "FAIL: pktlint help check does not ask man(1) for the page"
	failed=1
}
[ "$(PATH=$work/bin "$PKTLINT" help)" = "8 pktlint" ] || {
	echo "FAIL: pktlint help does not ask man(1) for pktlint(8)"
	failed=1
}
for page in $MANUAL; do
	cp "$page" "$work/man/man${page##*.}/"
done
if man --version >/dev/null 2>&1; then
	while read -r command; do
		MANPATH=$work/man MANPAGER=cat "$PKTLINT" help "$command" >"$work/page" 2>&1
		if ! grep -qi "^pktlint-$command(8)" "$work/page"; then
			echo "FAIL: pktlint help $command does not show its page"
			failed=1
		fi
	done <"$work/commands"
fi
exit $failed
