/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes are a file: reading it ends, within its bounds, with and without a selection. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What reading must do with every frame: be within its own bytes. */
static void touch(const struct event *event)
{
	static volatile uint8_t sum;

	if (event->kind != EVENT_FRAME)
		return;
	for (uint32_t i = 0; i < event->frame.caplen; i++)
		sum = (uint8_t)(sum + event->frame.data[i]);
}

static void read_through(const char *path, const struct capture_options *options, int max)
{
	struct capture *capture = capture_open_file(path, options, NULL);
	struct capture_statistics statistics;
	struct event events[16];
	uint64_t frames = 0;
	int count;

	if (!capture)
		return;
	while ((count = capture_read(capture, events, max, NULL)) > 0) {
		for (int i = 0; i < count; i++) {
			touch(&events[i]);
			frames += events[i].kind == EVENT_FRAME;
		}
	}
	capture_statistics(capture, &statistics);
	if (statistics.frames - statistics.passed_over != frames ||
		statistics.truncated != (count < 0) ||
		statistics.bytes_read > statistics.bytes_total)
		abort();
	for (uint32_t i = 0; i < statistics.interfaces; i++)
		touch(&(struct event){ .kind = EVENT_DROP,
			.drop.interface = capture_interface(capture, i)->linktype });
	capture_close(capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct capture_options selection = {
		.filter = "tcp or len < 60", .start_ns = 1000000000, .end_ns = 1800000000000000000
	};
	static int fd = -1;
	char path[64];

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_through(path, NULL, 16);
	read_through(path, &selection, 1);
	return 0;
}
