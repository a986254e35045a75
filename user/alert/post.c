/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libcurl says which descriptors and which time to wait for; sd-event waits. */
#include "alert/post.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "alert/libcurl.h"
#include "base/mem.h"
#include "base/time.h"

#define REQUEST_TIMEOUT_MS 10000L
#define CONNECT_TIMEOUT_MS 5000L
#define FIRST_PAUSE_US US_PER_SECOND
#define LONGEST_PAUSE_US (5 * US_PER_MINUTE)

struct post {
	const struct post_client *client;
	void *context;
	const struct libcurl *curl;
	sd_event *event;
	sd_event_source *curl_timer, *pause;
	CURLM *multi;
	CURL *easy; /* the request on its way, or NULL */
	struct curl_slist *headers;
	char *url, *body;
	uint64_t pause_us; /* before the next try; 0: the last one succeeded */
	bool is_pausing;
	char trouble[80]; /* "": none */
};

static size_t post_ignore(char *bytes, size_t size, size_t count, void *context)
{
	(void)bytes;
	(void)context;
	return size * count;
}

static void post_set_up(struct post *post, CURL *easy)
{
	(void)post->curl->easy_setopt(easy, CURLOPT_URL, post->url);
	(void)post->curl->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				      (curl_off_t)strlen(post->body));
	(void)post->curl->easy_setopt(easy, CURLOPT_POSTFIELDS, post->body);
	(void)post->curl->easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers);
	(void)post->curl->easy_setopt(easy, CURLOPT_USERAGENT, "waxseald");
	/* alerts go where the configuration says, not where http_proxy in the environment does */
	(void)post->curl->easy_setopt(easy, CURLOPT_PROXY, "");
	(void)post->curl->easy_setopt(easy, CURLOPT_TIMEOUT_MS, REQUEST_TIMEOUT_MS);
	(void)post->curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	(void)post->curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)post->curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, post_ignore);
}

static void post_drop_request(struct post *post)
{
	if (!post->easy)
		return;
	(void)post->curl->multi_remove_handle(post->multi, post->easy);
	post->curl->easy_cleanup(post->easy);
	post->easy = NULL;
	free(post->body);
	post->body = NULL;
}

static void post_wait(struct post *post)
{
	post->pause_us = post->pause_us ? 2 * post->pause_us : FIRST_PAUSE_US;
	if (post->pause_us > LONGEST_PAUSE_US)
		post->pause_us = LONGEST_PAUSE_US;
	post->is_pausing = sd_event_source_set_time_relative(post->pause, post->pause_us) >= 0 &&
			   sd_event_source_set_enabled(post->pause, SD_EVENT_ONESHOT) >= 0;
}

/* These say "not now": the same body may be taken later. */
static bool post_is_for_later(long status)
{
	return status >= 500 || status == 408 || status == 425 || status == 429;
}

static void post_finish(struct post *post, CURLcode result)
{
	enum post_outcome outcome = POST_TAKEN;
	long status = 0;

	(void)post->curl->easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status);
	post->trouble[0] = '\0';
	if (result != CURLE_OK) {
		(void)snprintf(post->trouble, sizeof(post->trouble), "%s",
			       post->curl->easy_strerror(result));
		outcome = POST_FAILED;
	} else if (status < 200 || status > 299) {
		(void)snprintf(post->trouble, sizeof(post->trouble), "HTTP status %ld", status);
		outcome = post_is_for_later(status) ? POST_FAILED : POST_REFUSED;
	}
	post_drop_request(post);
	post->client->done(post->context, outcome);
	if (outcome == POST_FAILED) {
		post_wait(post);
		return;
	}
	post->pause_us = 0;
	post_kick(post);
}

/* After libcurl worked: is the request through? */
static void post_look(struct post *post)
{
	CURLMsg *message;
	int left;

	while ((message = post->curl->multi_info_read(post->multi, &left)))
		if (message->msg == CURLMSG_DONE && message->easy_handle == post->easy)
			post_finish(post, message->data.result);
}

static int post_on_socket(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct post *post = context;
	int action = 0, running;

	(void)source;
	if (events & (EPOLLIN | EPOLLHUP))
		action |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		action |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		action |= CURL_CSELECT_ERR;
	(void)post->curl->multi_socket_action(post->multi, fd, action, &running);
	post_look(post);
	return 0;
}

static int post_watch(CURL *easy, curl_socket_t fd, int what, void *context, void *watch)
{
	struct post *post = context;
	sd_event_source *source = watch;
	uint32_t events =
		(what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		return 0;
	}
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
	if (sd_event_add_io(post->event, &source, fd, events, post_on_socket, post) < 0)
		return -1;
	(void)post->curl->multi_assign(post->multi, fd, source);
	return 0;
}

static int post_on_timer(sd_event_source *source, uint64_t due_us, void *context)
{
	struct post *post = context;
	int running;

	(void)source;
	(void)due_us;
	(void)post->curl->multi_socket_action(post->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	post_look(post);
	return 0;
}

static int post_set_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct post *post = context;

	(void)multi;
	if (timeout_ms < 0)
		return sd_event_source_set_enabled(post->curl_timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	if (sd_event_source_set_time_relative(post->curl_timer, (uint64_t)timeout_ms * US_PER_MS) <
	    0)
		return -1;
	return sd_event_source_set_enabled(post->curl_timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

static int post_on_pause(sd_event_source *source, uint64_t due_us, void *context)
{
	struct post *post = context;

	(void)source;
	(void)due_us;
	post->is_pausing = false;
	post_kick(post);
	return 0;
}

void post_kick(struct post *post)
{
	if (post->easy || post->is_pausing)
		return;
	post->body = post->client->next(post->context);
	if (!post->body)
		return;
	post->easy = post->curl->easy_init();
	if (!post->easy)
		abort();
	post_set_up(post, post->easy);
	(void)post->curl->multi_add_handle(post->multi, post->easy);
}

static int post_open_loop(struct post *post)
{
	int r = sd_event_default(&post->event);

	if (r >= 0)
		r = sd_event_add_time_relative(post->event, &post->curl_timer, CLOCK_MONOTONIC, 0,
					       US_PER_MS, post_on_timer, post);
	if (r >= 0)
		r = sd_event_source_set_enabled(post->curl_timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(post->event, &post->pause, CLOCK_MONOTONIC, 0, 0,
					       post_on_pause, post);
	if (r >= 0)
		r = sd_event_source_set_enabled(post->pause, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

int post_open(const char *url, const struct post_client *client, void *context, struct post **ret)
{
	const struct libcurl *curl;
	struct post *post;
	int r;

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return -EINVAL;
	r = libcurl_load(&curl);
	if (r < 0)
		return r;
	if (curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	post = xcalloc(1, sizeof(*post));
	post->curl = curl;
	post->client = client;
	post->context = context;
	post->url = xstrdup(url);
	post->headers = curl->slist_append(NULL, "Content-Type: application/json");
	post->multi = curl->multi_init();
	if (!post->multi || !post->headers)
		abort();
	r = post_open_loop(post);
	if (r < 0) {
		post_close(post);
		return r;
	}
	(void)curl->multi_setopt(post->multi, CURLMOPT_SOCKETFUNCTION, post_watch);
	(void)curl->multi_setopt(post->multi, CURLMOPT_SOCKETDATA, post);
	(void)curl->multi_setopt(post->multi, CURLMOPT_TIMERFUNCTION, post_set_timer);
	(void)curl->multi_setopt(post->multi, CURLMOPT_TIMERDATA, post);
	*ret = post;
	return 0;
}

static int64_t post_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The loop has ended: libcurl waits by itself, until all is delivered or something fails. */
void post_flush(struct post *post)
{
	int64_t end_ms = post_now_ms() + POST_FLUSH_MS, left_ms;
	int running;

	post->is_pausing = false;
	post_kick(post);
	while (post->easy && (left_ms = end_ms - post_now_ms()) > 0) {
		(void)post->curl->multi_perform(post->multi, &running);
		post_look(post);
		if (post->easy)
			(void)post->curl->multi_poll(post->multi, NULL, 0,
						     (int)(left_ms < 100 ? left_ms : 100), NULL);
	}
}

void post_close(struct post *post)
{
	const struct libcurl *curl = post->curl;

	post_drop_request(post);
	(void)curl->multi_cleanup(post->multi);
	curl->slist_free_all(post->headers);
	sd_event_source_disable_unref(post->curl_timer);
	sd_event_source_disable_unref(post->pause);
	sd_event_unref(post->event);
	free(post->url);
	free(post);
	curl->global_cleanup();
}

const char *post_trouble(const struct post *post)
{
	return post->trouble[0] ? post->trouble : NULL;
}
