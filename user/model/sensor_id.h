/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sensors, in the order in which the ledger and the status document name them. */
#ifndef WAX_MODEL_SENSOR_ID_H
#define WAX_MODEL_SENSOR_ID_H

enum sensor_id {
	SENSOR_AUTH,
	SENSOR_SESSION,
	SENSOR_MAILBOX,
	SENSOR_CREDENTIALS,
	SENSOR_CONNECTION,
	SENSOR_MAX,
};

#endif
