/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which system calls are left to a process that has all that it needs open: a list for seccomp(2),
 * written by libseccomp.  Nothing in it opens a file, makes a socket, names a peer, starts a
 * process or a thread, or makes memory executable.  Others fail, rather than kill, because libc
 * can do without most that it tries, as a file of time zones.
 */
#include "cmd/syscalls.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZER 1
#endif

#if defined ADDRESS_SANITIZER

#include <sanitizer/lsan_interface.h>

static bool confined;

/* Looking for leaks takes a second thread that traces the first, and /proc: all of it is gone. */
int __lsan_is_turned_off(void)
{
	return confined;
}

bool syscalls_can_confine(void)
{
	return false;
}

int syscalls_confine(bool moves, struct error *error)
{
	confined = true;
	return 0;
}

#elif defined HAVE_SECCOMP

#include <asm/termbits.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netpacket/packet.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * By name, since few machines have them all: those of 32 bits have some twice, for large files and
 * for times after 2038.  A name that libseccomp does not know is passed over.
 */
static const char *const allowed[] = {
	/* open descriptors */
	"read",
	"readv",
	"pread64",
	"write",
	"writev",
	"pwrite64",
	"lseek",
	"_llseek",
	"ftruncate",
	"ftruncate64",
	"fsync",
	"fdatasync",
	"close",
	"dup",
	"fcntl",
	"fcntl64",
	"fstat",
	"fstat64",
	"newfstatat", /* how libc makes fstat(), as the two that follow */
	"fstatat64",
	"statx",
	/* waiting */
	"poll",
	"ppoll",
	"ppoll_time64",
	"select",
	"_newselect",
	"pselect6",
	"pselect6_time64",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"epoll_pwait2",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"nanosleep",
	/* sockets: receiving */
	"recv",
	"recvfrom",
	"recvmsg",
	"recvmmsg",
	"recvmmsg_time64",
	"getsockopt",
	/* clocks, where the kernel does not answer them without a call */
	"clock_gettime",
	"clock_gettime64",
	"gettimeofday",
	"time",
	/* memory and locks */
	"brk",
	"munmap",
	"mremap",
	"madvise",
	"futex",
	"futex_time64",
	/* signals to oneself, and the end */
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"rt_sigtimedwait_time64",
	"sigaltstack",
	"sigreturn",
	"restart_syscall",
	"wait4",
	"waitid",
	"waitpid",
	"exit",
	"exit_group",
	/* questions */
	"getrandom",
	"getpid",
	"gettid",
	"getuid",
	"getuid32",
	"geteuid",
	"geteuid32",
	"getgid",
	"getgid32",
	"getegid",
	"getegid32",
	"sched_getaffinity",
	"sched_yield",
	"sysinfo",
	"uname",
};

/* Allowed if an argument, ANDed with `mask`, is `value`. */
#define AS_INT UINT32_MAX /* the kernel looks at 32 bits of it */
#define AS_POINTER UINT64_MAX
static const struct limited {
	const char *name;
	unsigned argument;
	uint64_t mask, value;
} limited[] = {
	/* Questions to terminals, pipes and sockets; without capabilities ethtool can but ask. */
	{ "ioctl", 1, AS_INT, TCGETS },
#ifdef TCGETS2
	{ "ioctl", 1, AS_INT, TCGETS2 },
#endif
	{ "ioctl", 1, AS_INT, TIOCGWINSZ }, { "ioctl", 1, AS_INT, FIONREAD },
	{ "ioctl", 1, AS_INT, SIOCETHTOOL }, { "ioctl", 1, AS_INT, SIOCGIFFLAGS },
	{ "ioctl", 1, AS_INT, SIOCGIFINDEX }, { "ioctl", 1, AS_INT, SIOCGIFMTU },
	{ "ioctl", 1, AS_INT, SIOCGIFNAME },
	/* A packet socket that lets frames in from now on: no other address is as long. */
	{ "bind", 2, AS_INT, sizeof(struct sockaddr_ll) },
	/* send(2), to the peer that the socket has already: a write() that raises no SIGPIPE. */
	{ "send", 0, 0, 0 }, { "sendto", 4, AS_POINTER, 0 }, { "mprotect", 2, PROT_EXEC, 0 },
	{ "mmap2", 2, PROT_EXEC, 0 },
#ifdef __s390__
	{ "mmap", 0, 0, 0 }, /* its arguments are in memory, where no filter sees them */
#else
	{ "mmap", 2, PROT_EXEC, 0 },
#endif
};

/*
 * What a socket may be told: a filter that lets nothing in any more, and, of those that are opened
 * for the time when somebody asks for CPU and queue of frames, what they need to begin.  Nothing
 * that takes a filter away, joins sockets, or sends.
 */
static const struct {
	int level, option;
} told[] = {
	{ SOL_SOCKET, SO_ATTACH_FILTER },
	{ SOL_SOCKET, SO_TIMESTAMPNS },
	{ SOL_PACKET, PACKET_VERSION },
	{ SOL_PACKET, PACKET_RX_RING },
	{ SOL_PACKET, PACKET_ORIGDEV },
#ifdef PACKET_IGNORE_OUTGOING
	{ SOL_PACKET, PACKET_IGNORE_OUTGOING },
#endif
};

/* Allowed if the first argument is this process: raise(3), abort(3). */
static const char *const on_itself[] = { "kill", "tgkill", "tkill" };

static int allow(scmp_filter_ctx filter, const char *name, unsigned count, struct scmp_arg_cmp test)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return 0;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, &test);
}

static struct scmp_arg_cmp equal(unsigned argument, uint64_t mask, uint64_t value)
{
	return (struct scmp_arg_cmp){ argument, SCMP_CMP_MASKED_EQ, mask, value };
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int allow_options(scmp_filter_ctx filter)
{
	int number = seccomp_syscall_resolve_name("setsockopt"), status = 0;

	for (unsigned i = 0; i < COUNT(told) && status == 0; i++) {
		const struct scmp_arg_cmp tests[] = {
			equal(1, AS_INT, (uint64_t)told[i].level),
			equal(2, AS_INT, (uint64_t)told[i].option),
		};

		status = seccomp_rule_add_array(
			filter, SCMP_ACT_ALLOW, number, COUNT(tests), tests);
	}
	return status;
}

/* Returns 0 or a negative errno, as libseccomp does. */
static int fill(scmp_filter_ctx filter)
{
	/* Calls of a foreign architecture, x32 on x86-64, would kill the process else. */
	int status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));

	for (unsigned i = 0; i < COUNT(allowed) && status == 0; i++)
		status = allow(filter, allowed[i], 0, equal(0, 0, 0));
	for (unsigned i = 0; i < COUNT(limited) && status == 0; i++) {
		const struct limited *rule = &limited[i];

		status = allow(filter, rule->name, rule->mask != 0,
			equal(rule->argument, rule->mask, rule->value));
	}
	for (unsigned i = 0; i < COUNT(on_itself) && status == 0; i++)
		status = allow(filter, on_itself[i], 1, equal(0, AS_INT, (uint64_t)getpid()));
	return status == 0 ? allow_options(filter) : status;
}

/* On which CPUs this thread runs. */
static int allow_moving(scmp_filter_ctx filter)
{
	int status = allow(filter, "getcpu", 0, equal(0, 0, 0));

	return status < 0 ? status : allow(filter, "sched_setaffinity", 1, equal(0, AS_INT, 0));
}

/* The kernel looks at the filter, which is not there, only if it knows filters: seccomp(2). */
bool syscalls_can_confine(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}

int syscalls_confine(bool moves, struct error *error)
{
	scmp_filter_ctx filter;
	int status;

	if (!syscalls_can_confine())
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	status = filter ? fill(filter) : -ENOMEM;
	if (status == 0 && moves)
		status = allow_moving(filter);
	if (status == 0)
		status = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	if (status < 0)
		return error_set(error, "cannot confine itself by seccomp: %s", strerror(-status));
	return 0;
}

#else

bool syscalls_can_confine(void)
{
	return false;
}

int syscalls_confine(bool moves, struct error *error)
{
	return 0;
}

#endif
