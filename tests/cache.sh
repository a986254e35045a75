# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts to include. What the tests need, what takes minutes to make and what does not depend on
# the checkout lies in a folder outside it, for all checkouts of this machine: guests, the emulator,
# libraries of another architecture, unpacked mail servers. Removing the folder costs time and nothing
# else.
#
# An entry is a folder named after a hash of its recipe. It is made beside its name and renamed when it
# is complete, under a lock: a second one who wants it waits and uses it.
#
#     if cache_lacks KIND RECIPE; then
#         ... make it in $part ...
#         cache_keep
#     fi
#     ... use $entry, and never change it ...
cache=${WAXSEAL_CACHE:-/var/cache/waxseal-tests}

# What nobody used for so many days goes; so does what another recipe of the same kind made, sooner.
cache_unused_days=14
cache_replaced_days=2

# Sets $entry. Fails when it is there; else $part is an empty folder to make it in, and the lock is held. Ends
# the script when neither can be: a condition is no place for set -e.
cache_lacks() {
	cache_kind=$1
	entry=$cache/$1-$(printf %s "$2" | sha256sum | cut -c 1-12)
	mkdir -p -m 700 "$cache" && cache_is_ours || exit 1
	cache_is_there && return 1
	exec 9>>"$entry.lock"
	flock 9 || exit 1
	touch "$entry.lock"
	cache_is_there && exec 9>&- && return 1
	part=$entry.part
	# what one who was killed left; it may have had the host's /proc mounted there
	rm -rf --one-file-system "$part" && mkdir "$part" || exit 1
}

# What lies there is executed, as a rule by root: nobody else may have put it there.
cache_is_ours() {
	[ -n "$(find "$cache" -maxdepth 0 -type d -user "$(id -u)" ! -perm /022)" ] && return
	echo "$cache must be a folder of user $(id -u) that nobody else can write; remove it, or set" \
		"WAXSEAL_CACHE to another" >&2
	return 1
}

# Its time is that of its last use.
cache_is_there() {
	[ -d "$entry" ] && touch "$entry"
}

cache_keep() {
	mv -T "$part" "$entry"
	touch "$entry"
	find "$cache" -mindepth 1 -maxdepth 1 -mtime "+$((cache_unused_days - 1))" \
		-exec rm -rf --one-file-system {} +
	find "$cache" -mindepth 1 -maxdepth 1 -name "$cache_kind-*" \
		-mtime "+$((cache_replaced_days - 1))" -exec rm -rf --one-file-system {} +
	exec 9>&-
}
