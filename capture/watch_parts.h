/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_CAPTURE_WATCH_PARTS_H
#define PKTLINT_CAPTURE_WATCH_PARTS_H

/*
 * What the files of the watch (watch*.c) share.  Each compares the host with what it last told:
 * where an event finds no room, the comparison keeps its old side, so that the next reading tells
 * it.  Changes meanwhile merge, none is lost.
 */

#include "capture/watch.h"

#define WATCH_MAX_PENDING 256
#define WATCH_MAX_SETTINGS 256 /* files kept open, of the host and all interfaces together */
#define WATCH_MAX_FEATURES 32
#define WATCH_FEATURE_BYTES 32 /* of a feature's name with its NUL, ETH_GSTRING_LEN */

/* Now, by CLOCK_REALTIME, and by CLOCK_BOOTTIME, which nobody sets. */
struct watch_moment {
	int64_t real_ns, boot_ns;
};

struct watch_counters {
	uint64_t packets, missed, dropped; /* rx_packets, rx_missed_errors, rx_dropped */
};

enum watch_message {
	WATCH_OTHER, /* nothing about an interface */
	WATCH_STATE, /* RTM_NEWLINK */
	WATCH_GONE,  /* RTM_DELLINK, or the answer that there is none */
	WATCH_ERROR, /* another answer */
};

/* A message of rtnetlink.  What it does not tell is zero. */
struct watch_link {
	enum watch_message message;
	uint32_t sequence;
	int ifindex;
	bool up; /* taken up, and with a carrier */
	bool features_event, has_mtu, has_counters;
	uint32_t mtu;
	uint32_t queues; /* of receiving or sending, whichever are more */
	struct watch_counters counters;
	uint8_t address_bytes;
	uint8_t address[32];
};

/* An interface, as it was last told to be. */
struct watch_device {
	uint32_t interface;
	int ifindex;
	bool known; /* `up` and `mtu` are */
	bool gone;
	bool up;
	uint32_t mtu;

	bool ask;            /* messages were lost: ask for the state */
	bool look;           /* something was told about it: compare the features */
	bool features_event; /* and it was the features */
	bool has_features;
	uint32_t features; /* bit n: watch.feature_names[n] is active */

	int missed, dropped; /* descriptors in sysfs, -1: the counters come by rtnetlink */
	bool has_counters;
	struct watch_counters counters;
	uint64_t dropped_packets; /* rx_dropped of this reading, not yet attributed */
	uint64_t lost_packets;    /* to be told */
	int64_t lost_from_ns;
};

/* A file of sysfs or procfs. */
struct watch_setting {
	int descriptor;
	uint32_t interface; /* or CHANGE_OF_HOST */
	const struct watch_device *device;
	bool mask;       /* a CPU mask */
	uint64_t digest; /* of its text */
	int64_t value;   /* see watch_setting_value() */
	char what[96];
};

/* Reads /proc/net/softnet_stat piecewise; zeroed at the beginning. */
struct watch_softnet {
	uint64_t dropped;
	uint64_t value;
	uint32_t column, digits;
};

struct watch {
	int news;    /* rtnetlink: what changes */
	int answers; /* rtnetlink: what we ask; also for SIOCETHTOOL */
	int softnet;
	uint32_t sequence;

	bool has_clock;
	int64_t clock_difference_ns;
	int64_t looked_ns, settings_ns; /* CLOCK_BOOTTIME of the last look */
	struct watch_moment counted;    /* when the counters were last read */

	bool has_softnet;
	uint64_t softnet_last;    /* as last read */
	uint64_t softnet_dropped; /* never falls */
	uint64_t softnet_left;    /* of the last reading, not attributed to any interface */

	uint32_t device_count;
	struct watch_device devices[CAPTURE_MAX_LIVE];

	uint32_t feature_count;
	uint16_t feature_bits[WATCH_MAX_FEATURES];
	char feature_names[WATCH_MAX_FEATURES][WATCH_FEATURE_BYTES];

	uint32_t setting_count, settings_unwatched;
	struct watch_setting settings[WATCH_MAX_SETTINGS];

	uint32_t pending_first, pending_count;
	struct event pending[WATCH_MAX_PENDING];
};

/* Reads both clocks. */
void watch_now(struct watch_moment *now);

/* How many more events can be told. */
uint32_t watch_room(const struct watch *watch);

/* Returns room for one more event, zeroed, to be filled by the caller, or NULL. */
struct event *watch_tell(struct watch *watch);

/* Tells a change as of `change`; its time is filled in.  Returns false if there was no room. */
bool watch_tell_change(struct watch *watch, const struct change *change);

/* Reads up to `size` bytes at the beginning of a file.  Returns how many, -1 if it cannot. */
long watch_read_text(int descriptor, char *text, size_t size);

/* Reads a decimal number and nothing else but a newline; false if it is none of 64 bits. */
bool watch_number(const char *text, size_t length, uint64_t *number);

/* What a hexadecimal digit of the kernel stands for, or -1. */
int watch_hexadecimal(char byte);

/*
 * Reads the first message of `length` bytes from rtnetlink, which may be anything.  Returns how
 * many bytes it takes, 1..length, or 0 when there is no whole message; then `link` is zeroed.
 */
size_t watch_link_parse(const uint8_t *bytes, size_t length, struct watch_link *link);

/*
 * Opens the sockets.  Returns 0, or -1 with `error` filled.  watch_link_close() may follow either.
 */
int watch_link_open(struct watch *watch, struct error *error);
void watch_link_close(struct watch *watch);

/* Asks for the state of an interface.  Returns 0, -1 if there was no answer that tells it. */
int watch_link_ask(struct watch *watch, int ifindex, struct watch_link *link);

/* Compares an interface with what was told about it, and tells the difference. */
void watch_link_compare(
	struct watch *watch, struct watch_device *device, const struct watch_link *link);

/* Takes what the kernel told meanwhile, a bounded number of messages. */
void watch_link_drain(struct watch *watch);

/* Asks for every interface about which messages may be lost. */
void watch_link_ask_again(struct watch *watch);

/* Fills `name` (of IF_NAMESIZE bytes) with the present name of an interface; false: none. */
bool watch_features_name(const struct watch *watch, int ifindex, char *name);

/* Notes the offloads of an interface as they are. */
void watch_features_add(struct watch *watch, struct watch_device *device);

/* Compares the offloads of every interface of which something was told. */
void watch_features_look(struct watch *watch);

/*
 * Opens the counters of an interface and notes them; `directory` is its one in sysfs, or -1, and
 * stays the caller's.
 */
void watch_counters_add(struct watch *watch, struct watch_device *device, int directory);

/* Reads all counters, and tells what was lost since they were last read. */
void watch_counters_look(struct watch *watch, const struct watch_moment *now);

/* Notes what the host's backlogs dropped so far, of which nothing is attributed. */
void watch_counters_begin(struct watch *watch);

/* Closes the counters of all interfaces. */
void watch_counters_close(struct watch *watch);

/* By how much a counter rose; 0 if it went backwards, since then it began anew. */
uint64_t watch_rise(uint64_t before, uint64_t now);

/*
 * Of packets that an interface's rx_dropped counts, returns how many the backlogs explain, whose
 * unexplained drops are `*softnet_packets`; takes them off there.
 */
uint64_t watch_attribute(uint64_t dropped_packets, uint64_t *softnet_packets);

/* Adds what `length` more bytes of /proc/net/softnet_stat tell. */
void watch_softnet_feed(struct watch_softnet *softnet, const char *text, size_t length);

/*
 * Opens the directory of an interface in sysfs.  Returns a descriptor, or -1 if there is none, or
 * if sysfs shows another network namespace, which it does by the mount and not by the reader.
 */
int watch_settings_directory(struct watch *watch, const struct watch_device *device);

/* Opens and notes the host's settings. */
void watch_settings_begin(struct watch *watch);

/* Opens and notes the settings of an interface whose directory of sysfs is `directory`. */
void watch_settings_add(struct watch *watch, const struct watch_device *device, int directory);

/* Reads the settings again, and tells which changed. */
void watch_settings_look(struct watch *watch);

void watch_settings_close(struct watch *watch);

/*
 * Returns the number that a setting's text is, decimal or a CPU mask (hexadecimal, by commas), or
 * 0 if it is neither or does not fit 63 bits.
 */
int64_t watch_setting_value(const char *text, size_t length, bool mask);

#endif
