/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which program holds a socket? The links in /proc/PID/fd say "socket:[INODE]".  A machine may have
 * millions of descriptors, so the search is bounded.  Reference: proc(5).
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/collect_sockets.h"

#define MAX_DESCRIPTORS 20000

struct search {
	struct snapshot *snapshot;
	struct held_socket *sockets;
	size_t count, left; /* not found yet */
	unsigned looked_at;
	bool refused; /* a process did not show its descriptors */
};

static void tell_holder(struct search *search, const struct held_socket *socket, const char *pid)
{
	char path[64], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
	for (char *byte = name; *byte; byte++) {
		if (!isprint((unsigned char)*byte))
			*byte = '?';
	}
	snapshot_setf(search->snapshot, name, "%s program", socket->prefix);
	snapshot_setf(search->snapshot, pid, "%s pid", socket->prefix);
}

static void compare(struct search *search, const char *target, const char *pid)
{
	uint32_t inode;

	if (sscanf(target, "socket:[%" SCNu32 "]", &inode) != 1)
		return;
	for (size_t i = 0; i < search->count; i++) {
		struct held_socket *socket = &search->sockets[i];

		if (socket->inode != inode || socket->found)
			continue;
		tell_holder(search, socket, pid);
		socket->found = true;
		search->left--;
	}
}

static bool is_done(const struct search *search)
{
	return search->left == 0 || search->looked_at >= MAX_DESCRIPTORS;
}

static void look_at(struct search *search, const char *pid)
{
	char path[64], target[64];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	directory = opendir(path);
	if (!directory) {
		search->refused |= errno == EACCES || errno == EPERM;
		return;
	}
	while (!is_done(search) && (entry = readdir(directory))) {
		ssize_t length = readlinkat(
			dirfd(directory), entry->d_name, target, sizeof(target) - 1);

		search->looked_at++;
		if (length < 0)
			continue;
		target[length] = '\0';
		compare(search, target, pid);
	}
	closedir(directory);
}

static enum value_state why_not(const struct search *search)
{
	if (search->looked_at >= MAX_DESCRIPTORS)
		return VALUE_FAILED;
	return search->refused ? VALUE_DENIED : VALUE_HIDDEN;
}

void socket_holders_tell(struct snapshot *snapshot, struct held_socket *sockets, size_t count)
{
	struct search search = {
		.snapshot = snapshot, .sockets = sockets, .count = count, .left = count
	};
	struct dirent *entry;
	DIR *processes;

	if (count == 0)
		return;
	processes = opendir("/proc");
	while (processes && !is_done(&search) && (entry = readdir(processes))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(&search, entry->d_name);
	}
	for (size_t i = 0; i < count; i++) {
		if (!sockets[i].found)
			snapshot_set_unknownf(
				snapshot, why_not(&search), "%s program", sockets[i].prefix);
	}
	if (processes)
		closedir(processes);
}
