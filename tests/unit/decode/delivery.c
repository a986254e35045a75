/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which messages that a session opened went to its client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery.h"

struct session {
	struct delivery delivery;
	__u64 inode;
	__u32 messages, scanned;
};

static void open_message(struct session *session, __u64 bytes)
{
	session->scanned += delivery_open(&session->delivery, ++session->inode, bytes);
}

static void advise(struct session *session)
{
	struct delivered now = delivery_advise(&session->delivery, session->inode);

	session->messages += now.messages;
	session->scanned += now.scanned;
}

static void send_bytes(struct session *session, __u64 bytes)
{
	session->messages += delivery_send(&session->delivery, bytes);
}

static void leave(struct session *session)
{
	session->scanned += delivery_end(&session->delivery);
}

static void search(struct session *session, int messages, __u64 bytes)
{
	for (int i = 0; i < messages; i++)
		open_message(session, bytes);
	send_bytes(session, 70);
}

/* Small messages go out together, large ones while they are open. */
static void fetch_without_advice(struct session *session, int messages, __u64 bytes, __u64 sent)
{
	__u64 held_back = 0;

	for (int i = 0; i < messages; i++) {
		open_message(session, bytes);
		held_back += sent;
		for (; held_back > 8192; held_back -= 8192)
			send_bytes(session, 8192);
		if (held_back < 4096)
			continue;
		send_bytes(session, held_back);
		held_back = 0;
	}
	send_bytes(session, held_back + 60);
}

static void advice_tells_bodies_from_what_is_searched(void **state)
{
	struct session session = {};

	(void)state;
	search(&session, 5, 700);
	open_message(&session, 700);
	advise(&session);
	send_bytes(&session, 900);
	search(&session, 3, 90000);
	open_message(&session, 90000);
	advise(&session);
	leave(&session);
	assert_int_equal(session.messages, 2);
	assert_int_equal(session.scanned, 8);
}

static void advice_on_another_file_says_nothing(void **state)
{
	struct session session = {};
	struct delivered now;

	(void)state;
	now = delivery_advise(&session.delivery, 0);
	assert_int_equal(now.messages + now.scanned, 0);
	open_message(&session, 700);
	now = delivery_advise(&session.delivery, 99);
	assert_int_equal(now.messages + now.scanned, 0);
	leave(&session);
	assert_int_equal(session.scanned, 1);
}

static void without_advice_the_bytes_tell(void **state)
{
	static const __u64 sizes[] = {300, 700, 3000, 9000, 60000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct session session = {};

		search(&session, 40, sizes[i]);
		fetch_without_advice(&session, 20, sizes[i], sizes[i] + 40);
		search(&session, 40, sizes[i]);
		fetch_without_advice(&session, 1, sizes[i], sizes[i] + 40);
		leave(&session);
		assert_int_equal(session.messages, 21);
		assert_int_equal(session.scanned, 80);
	}
}

static void compressed_mail_is_longer_when_it_goes_out(void **state)
{
	struct session session = {};

	(void)state;
	search(&session, 30, 2000);
	fetch_without_advice(&session, 30, 2000, 7000);
	leave(&session);
	assert_int_equal(session.messages, 30);
	assert_int_equal(session.scanned, 30);
}

static void what_waits_at_the_end_was_not_delivered(void **state)
{
	struct session session = {};

	(void)state;
	search(&session, 7, 1000);
	leave(&session);
	leave(&session);
	assert_int_equal(session.messages, 0);
	assert_int_equal(session.scanned, 7);
}

static void a_session_that_advises_is_believed_but_for_large_sends(void **state)
{
	struct session session = {};

	(void)state;
	open_message(&session, 100);
	advise(&session);
	open_message(&session, 1000);
	send_bytes(&session, 2000);
	open_message(&session, 5000);
	send_bytes(&session, 4999);
	send_bytes(&session, 1);
	leave(&session);
	assert_int_equal(session.messages, 2);
	assert_int_equal(session.scanned, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(advice_tells_bodies_from_what_is_searched),
		cmocka_unit_test(advice_on_another_file_says_nothing),
		cmocka_unit_test(without_advice_the_bytes_tell),
		cmocka_unit_test(compressed_mail_is_longer_when_it_goes_out),
		cmocka_unit_test(what_waits_at_the_end_was_not_delivered),
		cmocka_unit_test(a_session_that_advises_is_believed_but_for_large_sends),
	};

	return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
