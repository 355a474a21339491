/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process that has everything open must give up before it parses what strangers sent, and
 * in which order: each step still needs what the later ones take.  Identity after setresuid(2) and
 * initgroups(3), verified; the rest as credentials(7), capabilities(7), landlock(7), seccomp(2).
 */
#include "cmd/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/capabilities.h"
#include "cmd/landlock.h"
#include "cmd/syscalls.h"

#define DEFAULT_USER "nobody"

/* Who the process is to be. */
struct identity {
	const char *name; /* as in the user database, NULL if that is not asked */
	uid_t uid;
	gid_t gid;
	bool changes;
};

/* The user database is read here, while it can be. */
static int choose(const char *user, struct identity *identity, struct error *error)
{
	const struct passwd *entry;

	*identity = (struct identity){ .uid = geteuid(), .gid = getegid() };
	if (!user && geteuid() != 0)
		return 0;
	identity->name = user ? user : DEFAULT_USER;
	errno = 0;
	entry = getpwnam(identity->name);
	if (!entry)
		return error_set(error, "cannot become user '%s': %s", identity->name,
			errno ? strerror(errno) : "there is no such user");
	if (entry->pw_uid == geteuid())
		return 0;
	if (geteuid() != 0)
		return error_set(error, "cannot become user '%s': only root can choose a user",
			identity->name);
	identity->uid = entry->pw_uid;
	identity->gid = entry->pw_gid;
	identity->changes = true;
	return 0;
}

/*
 * The real and the saved ids follow the effective ones also where those stay.  Root of a user
 * namespace may have nobody else to become: user_namespaces(7).
 */
static int become(const struct identity *identity, struct error *error)
{
	if ((!identity->changes || initgroups(identity->name, identity->gid) == 0) &&
		setresgid(identity->gid, identity->gid, identity->gid) == 0 &&
		setresuid(identity->uid, identity->uid, identity->uid) == 0)
		return 0;
	if (!identity->changes)
		return error_set(error, "cannot set user ids: %s", strerror(errno));
	return error_set(error, "cannot become user '%s': %s (in a user namespace try -Z root)",
		identity->name, strerror(errno));
}

/* Believes nothing that was not read back; to be root again must fail. */
static int verify(const struct identity *identity, struct error *error)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
		return error_set(error, "cannot read user ids: %s", strerror(errno));
	for (unsigned i = 0; i < 3; i++)
		if (uid[i] != identity->uid || gid[i] != identity->gid)
			return error_set(error, "the kernel left an id of the user before");
	if (identity->uid != 0 && setuid(0) == 0)
		return error_set(error, "the kernel lets the process be root again");
	return 0;
}

static int drop(const char *user, bool moves, struct error *error)
{
	struct identity identity;

	privilege_sandbox(); /* what can be asked now only */
	if (choose(user, &identity, error) < 0)
		return -1;
	capabilities_bound(0);
	if (become(&identity, error) < 0 || capabilities_keep(0, error) < 0 ||
		verify(&identity, error) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(error, "cannot set no_new_privs: %s", strerror(errno));
	if (landlock_confine(-1, error) < 0)
		return -1;
	return syscalls_confine(moves, error);
}

int privilege_drop(const char *user, struct error *error)
{
	return drop(user, false, error);
}

int privilege_drop_moving(const char *user, struct error *error)
{
	return drop(user, true, error);
}

const char *privilege_sandbox(void)
{
	static const char *const names[2][2] = {
		{ "none", "seccomp" },
		{ "landlock", "landlock, seccomp" },
	};
	static const char *name;

	if (!name)
		name = names[landlock_version() > 0][syscalls_can_confine()];
	return name;
}
