/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKTLINT_HOST_IRQ_NAME_H
#define PKTLINT_HOST_IRQ_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define IRQ_MAX_NAME 16    /* of an interface, as IFNAMSIZ */
#define IRQ_MAX_TEXT 256   /* bytes of an interrupt's name that are looked at */
#define IRQ_MAX (1u << 20) /* numbers from this on are left out */

/* Where irq_next_name() is; zeroed it is at the beginning. */
struct irq_place {
	size_t start, length;
};

/*
 * Sets `name` to the next part of an interrupt's name, as "eth1-TxRx-0", that may be the name of an
 * interface: at most 15 bytes that begin with a letter or digit, with neither before nor behind it,
 * so "eth1" is one of that, and none of "eth10".  Returns false after the last.
 */
bool irq_next_name(const char *actions, struct irq_place *place, char name[IRQ_MAX_NAME]);

#endif
