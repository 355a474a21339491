/* SPDX-License-Identifier: BSD-2-Clause */
/* The yardstick: libpcap as it comes, default buffer, reads a capture file and does nothing. */
#include <pcap.h>
#include <stdio.h>

static void ignore(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE] = "no file given";
	pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], why) : NULL;

	if (!pcap) {
		fprintf(stderr, "pcap_loop: %s\n", why);
		return 2;
	}
	if (pcap_loop(pcap, -1, ignore, NULL) < 0) {
		pcap_perror(pcap, "pcap_loop");
		return 2;
	}
	pcap_close(pcap);
	return 0;
}
