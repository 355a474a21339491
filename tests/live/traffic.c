/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What traffic do the live tests look at? That of this program: senders and receivers whose
 * numbers are known, each a subcommand, each ending with one line of JSON. Those that wait for
 * others print "ready" first.
 */
#include "tests/live/traffic.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/live/tool.h"
#include "tests/live/turns.h"

#define RATE_MOST 50000

static const char usage[] =
	"usage: traffic send raw -i IF -n COUNT -r RATE -s SIZE [--vlan ID] [--flows N]\n"
	"                        [--to MAC] [--cpus N] [--noise]\n"
	"       traffic send udp -d ADDR:PORT -n COUNT -r RATE -s SIZE [--flows N]\n"
	"                        [--shared] [--gso SEGMENT | [--cpus N] [--other SIZE] [--noise]]\n"
	"       traffic send tcp -d ADDR -p PORT -b BYTES [-r RATE]\n"
	"       traffic serve tcp -p PORT [-n CONNECTIONS] [--reply BYTES]\n"
	"       traffic serve udp -p PORT [-n COUNT] [--idle MS] [-o FILE]\n"
	"       traffic receive raw -i IF [-n COUNT] [--idle MS] [-o FILE]\n"
	"       traffic offload IF on|off [FEATURE]...\n"
	"       traffic flip FILE WORD... -r RATE\n"
	"       traffic burden FROM TO\n"
	"  SIZE is that of the frame (raw) or of the payload (udp; SEGMENT if given). RATE is a\n"
	"  second's (TCP: segments of 1448 bytes), at most 50k unless --fast. FILE gets a line\n"
	"  for each frame or datagram: flow, sequence, \"intact\" or \"damaged\". With --cpus\n"
	"  frames leave from CPUs 0 to N - 1 in turn. With --shared all flows share one\n"
	"  numbering. With --other every second datagram has that size. With --noise nothing in a\n"
	"  payload is a number, as if it were encrypted. Until SIGTERM, \"flip\" writes the words\n"
	"  in turn into a file, and \"burden\" sends bursts to the interface FROM, each frame of\n"
	"  which costs a CPU behind the interface TO, its other end, a tenth of a millisecond.\n";

static const struct {
	const char *verb, *noun;
	int (*run)(const struct request *request);
	const char *needs; /* letters of options */
} subcommands[] = {
	{ "send", "raw", send_raw, "inrs" },
	{ "send", "udp", send_udp, "dnr" },
	{ "send", "tcp", send_tcp, "dpb" },
	{ "serve", "tcp", serve_tcp, "p" },
	{ "serve", "udp", serve_udp, "p" },
	{ "receive", "raw", receive_raw, "i" },
	{ "offload", NULL, set_offload, "" },
	{ "flip", NULL, flip_setting, "r" },
	{ "burden", NULL, burden, "" },
};

static const struct option long_options[] = {
	{ "vlan", required_argument, NULL, 'v' },
	{ "flows", required_argument, NULL, 'f' },
	{ "gso", required_argument, NULL, 'g' },
	{ "idle", required_argument, NULL, 't' },
	{ "reply", required_argument, NULL, 'R' },
	{ "to", required_argument, NULL, 'm' },
	{ "cpus", required_argument, NULL, 'c' },
	{ "other", required_argument, NULL, 'O' },
	{ "noise", no_argument, NULL, 'N' },
	{ "fast", no_argument, NULL, 'F' },
	{ "shared", no_argument, NULL, 'S' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct {
	int letter;
	const char *name;
	size_t offset; /* of a uint64_t in struct request */
	uint64_t most;
} numbers[] = {
	{ 'n', "-n", offsetof(struct request, count), UINT32_MAX },
	{ 'r', "-r", offsetof(struct request, rate), 10000000 },
	{ 's', "-s", offsetof(struct request, size), 65000 },
	{ 'b', "-b", offsetof(struct request, bytes), UINT64_MAX },
	{ 'p', "-p", offsetof(struct request, port), UINT16_MAX },
	{ 'v', "--vlan", offsetof(struct request, vlan), 4094 },
	{ 'f', "--flows", offsetof(struct request, flows), FLOWS_MOST },
	{ 'g', "--gso", offsetof(struct request, segment), 9000 },
	{ 't', "--idle", offsetof(struct request, idle_ms), 600000 },
	{ 'c', "--cpus", offsetof(struct request, cpus), TURNS_MOST },
	{ 'O', "--other", offsetof(struct request, other), 65000 },
	{ 'R', "--reply", offsetof(struct request, reply), UINT64_MAX },
};

static const struct {
	int letter;
	size_t offset; /* of a const char * in struct request */
} texts[] = {
	{ 'i', offsetof(struct request, interface) },
	{ 'd', offsetof(struct request, destination) },
	{ 'o', offsetof(struct request, output) },
	{ 'm', offsetof(struct request, mac) },
};

static void take_option(struct request *request, int letter, const char *text)
{
	char *base = (char *)request;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].letter == letter)
			*(uint64_t *)(base + numbers[i].offset) = number_parse(
				numbers[i].name, text, numbers[i].most);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].letter == letter)
			*(const char **)(base + texts[i].offset) = text;
	if (letter == 'F')
		request->fast = true;
	if (letter == 'S')
		request->shared = true;
	if (letter == 'N')
		request->noise = true;
	if (letter == 'h' || letter == '?') {
		fputs(usage, letter == 'h' ? stdout : stderr);
		exit(letter == 'h' ? 0 : 2);
	}
}

static void parse(struct request *request, char given[static 256], int argc, char **argv)
{
	int letter;

	*request = (struct request){ .flows = 1 };
	while ((letter = getopt_long(argc, argv, "i:n:r:s:b:p:d:o:", long_options, NULL)) != -1) {
		take_option(request, letter, optarg);
		given[letter & 0xff] = 1;
	}
	request->words = argv + optind;
	if (!request->flows)
		request->flows = 1;
	if (request->rate > RATE_MOST && !request->fast)
		die("-r %llu is more than %d: add --fast if that is meant",
			(unsigned long long)request->rate, RATE_MOST);
	if (given['r'] && !request->rate)
		die("-r must not be 0");
}

int main(int argc, char **argv)
{
	struct request request;
	char given[256] = { 0 };

	parse(&request, given, argc, argv);
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++) {
		const char *noun = subcommands[i].noun;

		if (!request.words[0] || strcmp(request.words[0], subcommands[i].verb) ||
			(noun && (!request.words[1] || strcmp(request.words[1], noun))))
			continue;
		for (const char *need = subcommands[i].needs; *need; need++)
			if (!given[(unsigned char)*need])
				die("'%s%s%s' needs -%c", request.words[0], noun ? " " : "",
					noun ? noun : "", *need);
		request.words += noun ? 2 : 1;
		stop_catch();
		prctl(PR_SET_TIMERSLACK, 1);
		return subcommands[i].run(&request);
	}
	fputs(usage, stderr);
	return 2;
}
