/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates of mail roots, and what Dovecot's own templates become. */
#include "config/template.h"
#include "model/mail_root.h"

#include <errno.h>

#include "fuzz/fuzz.h"

static void check_root(const char *template, const struct mail_root *root)
{
	const char *path = mail_root_path(template);
	size_t length = strlen(root->directory);
	bool is_cyrus = root->layout == MAILBOX_LAYOUT_CYRUS;

	must(path[0] == '/' && root->directory[0] == '/');
	must(strncmp(path, root->directory, length) == 0);
	must(!strchr(root->directory, '%'));
	must(length == 1 || root->directory[length - 1] != '/');
	must(is_cyrus == (strncmp(template, MAIL_ROOT_CYRUS, strlen(MAIL_ROOT_CYRUS)) == 0));
	if (root->layout == MAILBOX_LAYOUT_TREE) {
		must(!strchr(template, '%') && length > 1 && root->name == MAIL_ROOT_NO_NAME);
		return;
	}
	if (is_cyrus) {
		must(root->name == MAIL_ROOT_NO_NAME);
		must(root->domain == MAIL_ROOT_NO_NAME && !strchr(template, '%'));
		return;
	}
	must(root->name < MAIL_ROOT_DEPTH && root->name != root->domain);
	must(root->domain < MAIL_ROOT_DEPTH || root->domain == MAIL_ROOT_NO_NAME);
}

static void check_dovecot(const char *text)
{
	static const char *const homes[] = {NULL, "/var/vmail/%d/%n"};
	char *template;

	for (size_t i = 0; i < 2; i++) {
		int r = template_from_dovecot(text, homes[i], &template);

		must(r == 0 || r == -EINVAL || (r == -ENOENT && !homes[i]));
		if (r < 0)
			continue;
		must(mail_root_path(template)[0] == '/' && !strstr(template, "//"));
		must(strlen(template) < 4096);
		must(!strstr(template, "%h") && !strstr(template, "%{"));
		free(template);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = fuzz_text(bytes, size), wrong[80] = "", account[64];
	struct mail_root root;
	int r = mail_root_parse(text, &root, wrong, sizeof(wrong));

	must(r == 0 || (r == -EINVAL && wrong[0]));
	must((r == 0) == !wrong[0] || r < 0);
	if (r == 0) {
		check_root(text, &root);
		mail_root_done(&root);
	}
	must(r == 0 || template_check(text, wrong, sizeof(wrong)) == -EINVAL);
	mail_root_account(text, text, account, sizeof(account));
	must(strnlen(account, sizeof(account)) < sizeof(account));
	check_dovecot(text);
	free(text);
	return 0;
}
