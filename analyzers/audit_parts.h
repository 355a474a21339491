/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_ANALYZERS_AUDIT_PARTS_H
#define PKTLINT_ANALYZERS_AUDIT_PARTS_H

/* What the files of the audit share: rules are tables of functions, which audit.c runs. */

#include "analyzers/audit.h"

struct audit {
	const struct audit_options *options;
	const struct host *host;
	enum audit_role role;
	struct report *report; /* findings go here; what was observed stands here */
	/* Interfaces to judge, in the order asked for or of their index. */
	const struct host_interface **interfaces;
	size_t interface_count;
	const struct host_interface *login; /* carries the login, or NULL */
};

/* A question; callbacks may be NULL.  They add nothing when all is well or nothing is known. */
struct audit_rule {
	const char *name; /* for people who read the code */
	void (*interface)(struct audit *audit, const struct host_interface *interface);
	void (*machine)(struct audit *audit);
};

/* The tables, one a file; a rule without name ends each. */
extern const struct audit_rule audit_steering_rules[]; /* which CPU, which queue: PL51xx */
extern const struct audit_rule audit_mask_rules[];     /* CPUs that masks name: PL51xx */
extern const struct audit_rule audit_spread_rules[];   /* the card's queues: PL51xx */
extern const struct audit_rule audit_queue_rules[];    /* what overflows on receipt: PL52xx */
extern const struct audit_rule audit_qdisc_rules[];    /* what is dropped when sent: PL52xx */
extern const struct audit_rule audit_limit_rules[];    /* limits beside the queues: PL52xx */
extern const struct audit_rule audit_offload_rules[];  /* super-frames: PL31xx */
extern const struct audit_rule audit_mtu_rules[];      /* sizes along the stack: PL53xx, PL41xx */
extern const struct audit_rule audit_stack_rules[];    /* bonds, bridges, tunnels: PL54xx */
extern const struct audit_rule audit_hidden_rules[];   /* what no capture sees: PL55xx, PL91xx */
extern const struct audit_rule audit_counter_rules[];  /* what is happening: PL56xx */
extern const struct audit_rule audit_protocol_rules[]; /* TCP and path MTU sysctls: PL57xx */

/* Paths of a snapshot that several rules ask for. */
#define PATH_SOFTNET "/proc/net/softnet_stat cpu%u "
#define PATH_STATISTICS "/sys/class/net/%s/statistics/"
#define PATH_SOCKETS "ss -0 packet "

/* Of a CPU, in a second: runs that end with packets left; fewer are a matter of course. */
#define USUAL_SQUEEZES 10.

/*
 * What report->host says of the machine: its settings; a line about an interface, its queues, and
 * its settings; counters that rose between both readings.
 */
void audit_machine_settings(struct audit *audit);
void audit_picture(const struct audit *audit, const struct host_interface *interface,
	struct report_interface *entry);
void audit_interface_settings(struct audit *audit, const struct host_interface *interface,
	struct report_interface *entry);
void audit_rates(struct audit *audit);

/*
 * Adds a finding about `interface`, or about the machine if NULL; the subject is filled in.  Valid
 * until the next call.
 */
struct finding *audit_find(
	struct audit *audit, enum finding_id id, const struct host_interface *interface);

/* Cites the value of the path as what the finding was read from, with the reason if unknown. */
void audit_cite(const struct audit *audit, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Cites by how much a counter rose between both readings: "+12 in 1.0 s (4711 since boot)". */
void audit_cite_rise(const struct audit *audit, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Appends a command that changes `interface`; RISK_BLIP becomes RISK_CUTS_YOU where the login's
 * packets pass it.
 */
struct finding_command *audit_command(const struct audit *audit, struct finding *finding,
	enum command_risk risk, const struct host_interface *interface, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Says how to take the command back, if all of that fits: else it is not said. */
void audit_undo(struct finding_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Values of a file of each queue or interrupt; its path is HEAD, the number, TAIL. */
struct audit_file_set {
	char head[128];    /* words of a shell: "/sys/class/net/eth0/queues/rx-" */
	const char *tail;  /* "/rps_cpus" */
	const char *shown; /* the end of the file that shows whether it took, often the same */
	bool whole;        /* these are all that there are, so that HEAD*TAIL names them */
	struct audit_file {
		unsigned number;
		char value[288];    /* to be written: a number, a list or a mask of CPUs */
		const char *before; /* what stands there now, borrowed; NULL: not known */
	} * files;
	size_t count;
};

/*
 * Appends writing all of them, which interrupts nothing, with undo and reading back: a loop if they
 * are more than two.
 */
void audit_write_files(struct finding *finding, const struct audit_file_set *set);

/*
 * Appends setting a sysctl of the machine, whose path below /proc/sys/ is given, to `value`, with
 * `before` as undo, and how to make it last.
 */
void audit_sysctl(const struct audit *audit, struct finding *finding, const char *path,
	uint64_t before, uint64_t value);

/* Whether the login's packets pass `interface`: it is the login's, or what that runs over. */
bool audit_carries_login(const struct audit *audit, const struct host_interface *interface);

/* Rises of a counter per second; false where host_rise() is. */
bool audit_rate(const struct audit *audit, double *per_second, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Whether `part` is at least that share of `whole`, and not so few that they say nothing; a share
 * of 1 percent is 0.01.
 */
bool audit_reaches(uint64_t part, uint64_t whole, double share);

/* Whether the traffic that was observed was, or was among others, captured on the interface. */
bool audit_captured(const struct audit *audit, const struct host_interface *interface);

/* What was observed of traffic: a metric's value by its path ("capture.fragments"); false: none. */
bool audit_observed(const struct audit *audit, double *value, const char *metric);

#endif
