# SPDX-License-Identifier: GPL-2.0-or-later
# The only makefile. Everything that is made lies in build/.

VERSION := 0.1.0
REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

prefix ?= /usr
sbindir ?= $(prefix)/sbin
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/waxseal
unitdir ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
sysconfdir ?= /etc

# make itself defines CC as cc, which `?=` would keep
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
OTHER_CC ?= $(if $(findstring clang,$(CC)),gcc,clang)
BPF_CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
OTHER_ARCH := $(if $(filter x86,$(ARCH)),arm64,x86)
PKGS := libbpf libelf zlib libsystemd libmicrohttpd sqlite3 libcurl jansson inih

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' $(1) $(2);)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
CPPFLAGS_ALL = -D_GNU_SOURCE -Iinclude -Iuser -Ibuild/generated $(CPPFLAGS)
CFLAGS_ALL = -std=gnu17 -O2 -g $(WARNINGS) -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 $(CFLAGS)
CFLAGS_SAN = -std=gnu17 -O1 -g $(WARNINGS) -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
BPF_CFLAGS = -std=gnu17 -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -Ivmlinux -Iinclude -Ibpf \
	-Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter
LIBS = $(shell pkg-config --libs $(PKGS)) -lm

# A new .c file in one of these folders, or in a folder below, is found by itself.
COMMON_DIRS := base model detect alert
DAEMON_DIRS := $(COMMON_DIRS) config discover accounts ledger sensor serve daemon
CLI_DIRS := $(COMMON_DIRS) config cli
LIBRARY_DIRS := $(DAEMON_DIRS) cli
sources = $(foreach dir,$(1),$(sort $(shell find user/$(dir) -name '*.c')))

DAEMON_OBJS := $(patsubst %.c,build/obj/%.o,$(call sources,$(DAEMON_DIRS)))
CLI_OBJS := $(patsubst %.c,build/obj/%.o,$(call sources,$(CLI_DIRS)))
LIBRARY_OBJS := $(patsubst %.c,build/san/%.o,$(filter-out %/main.c,$(call sources,$(LIBRARY_DIRS))))
# libbpf 1.1 loses the offset of a map that is declared extern before it is linked: what defines
# maps for others comes first.
BPF_FIRST := $(patsubst %,build/bpf/%.bpf.o,lib/count hooks/tracepoint sensors/session_table sensors/session \
	sensors/credentials lib/walk lib/program sensors/mailbox sensors/auth)
BPF_ALL := $(patsubst bpf/%.bpf.c,build/bpf/%.bpf.o,$(wildcard bpf/*/*.bpf.c))
BPF_OBJS := $(BPF_FIRST) $(filter-out $(BPF_FIRST),$(BPF_ALL))
SKELETON := build/generated/waxseal.skel.h
BUILD_INFO := build/generated/build_info.h

UNIT_TESTS := $(patsubst tests/unit/%.c,build/tests/unit/%,$(sort $(shell find tests/unit -name '*.c')))
BPF_TESTS := $(patsubst tests/bpf/%.c,build/tests/bpf/%,$(filter-out %.bpf.c,$(wildcard tests/bpf/*.c)))

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

##@ Build
.PHONY: all deps
all: build/waxseald build/waxseal ## Both programs (default)

.DEFAULT_GOAL := all

deps: ## Install what building and testing need, with apt; nothing when all is there
	$(Q)tests/install-deps

build/waxseald: $(DAEMON_OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

build/waxseal: $(CLI_OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

build/obj/%.o: %.c | $(BUILD_INFO)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

build/san/%.o: %.c | $(BUILD_INFO)
	$(call say,CC-SAN,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_SAN) -MMD -MP -c -o $@ $<

build/obj/user/sensor/%.o build/san/user/sensor/%.o: CPPFLAGS += -isystem build/generated
$(patsubst %.c,build/obj/%.o,$(wildcard user/sensor/*.c)) \
$(patsubst %.c,build/san/%.o,$(wildcard user/sensor/*.c)): $(SKELETON)

build/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPF_CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

build/bpf/waxseal.o: $(BPF_OBJS)
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKELETON): build/bpf/waxseal.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name waxseal >$@

# Rewritten only when it changed, so that a new commit does not rebuild the world.
.PHONY: force
$(BUILD_INFO): force
	$(Q)mkdir -p $(@D)
	$(Q)new=$@.$$$$ && printf '#define WAXSEAL_VERSION "%s"\n#define WAXSEAL_REVISION "%s"\n' \
		'$(VERSION)' '$(REVISION)' >$$new && if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi

##@ Test
# As many at a time as there are processors, unless make was called with a number of its own. First all that
# compiles; then what tests, one after the other, as each uses the processors by itself or is to be alone.
JOBS ?= $(shell nproc)
side_by_side = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

.PHONY: access-paths check check-first check-kernels check-unit check-bpf check-e2e check-compilers lint stats demo bench tests
check: ## Everything that CI runs but other kernels: build, lint, unit, kernel and live tests (root)
	$(Q)$(MAKE) --no-print-directory check-first
	$(Q)$(MAKE) --no-print-directory -j1 check-e2e
	@echo "make check: all passed"

# The part of check that keeps all processors busy; end-to-end tests mostly wait.
check-first:
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(side_by_side) tests lint check-compilers
	$(Q)$(MAKE) --no-print-directory -j1 check-unit check-weeks check-fuzz check-bpf

tests: all $(UNIT_TESTS) $(BPF_TESTS)

check-e2e: all ## A real Dovecot, real clients, counts compared with their truth (root)
	$(Q)tests/e2e/run $(T)

check-kernels: all ## Other kernels under qemu: verifier, unit, Dovecot, counts; K=rows (root, network; slow)
	$(Q)tests/kernels/run $(if $(CHANGED),--changed $(CHANGED)) $(K)

lint: all ## Layers, names, help texts, stack of the BPF programs
	$(Q)tests/lint/run --self-test
	$(Q)tests/lint/run
	$(Q)tests/lint/frames build/bpf/waxseal.o

stats: ## Lengths of functions and files
	$(Q)tests/lint/stats

build/san/libwax.a: $(LIBRARY_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

build/tests/unit/%: tests/unit/%.c build/san/libwax.a
	$(call say,TEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_SAN) -Werror=unused-function -MMD -MP \
		-o $@ $< build/san/libwax.a $(LIBS) -lcmocka

check-unit: $(UNIT_TESTS) ## Unit tests under ASan and UBSan; no root, no network
	$(Q)tests/run-unit $(UNIT_TESTS)

build/tests/bpf/%.bpf.o: tests/bpf/%.bpf.c
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPF_CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

build/tests/bpf/%.skel.h: build/tests/bpf/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name $* >$@

build/tests/bpf/%: tests/bpf/%.c build/san/libwax.a build/tests/bpf/decode.skel.h
	$(call say,TEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests -isystem build/tests/bpf $(CFLAGS_SAN) \
		-Werror=unused-function -MMD -MP -o $@ $< build/san/libwax.a $(LIBS) -lcmocka

# The same without sanitizers, for the guests of check-kernels: from the objects of the programs.
build/plain/libwax.a: $(patsubst build/san/%,build/obj/%,$(LIBRARY_OBJS))
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^

build/plain/tests/bpf/%: tests/bpf/%.c build/plain/libwax.a build/tests/bpf/decode.skel.h
	$(call say,TEST,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests -isystem build/tests/bpf -std=gnu17 -O2 -g -MMD -MP -o $@ $< \
		build/plain/libwax.a $(LIBS) -lcmocka

.PHONY: plain
plain: $(BPF_TESTS:build/%=build/plain/%)

access-paths: build/tests/bpf/access_paths ## Every access path to a message and a store: the tables of docs/coverage.md (root)
	$(Q)build/tests/bpf/access_paths

check-bpf: $(BPF_TESTS) ## The programs on this kernel (root)
	$(Q)tests/run-unit --one-by-one $(BPF_TESTS)

# libFuzzer is clang's. The layers are built once more, with edges counted.
FUZZ_CC ?= clang
CFLAGS_FUZZ = -std=gnu17 -O1 -g $(WARNINGS) -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
FUZZ_DIRS := $(filter-out sensor,$(LIBRARY_DIRS))
FUZZ_OBJS := $(patsubst %.c,build/fuzz/obj/%.o,$(filter-out %/main.c,$(call sources,$(FUZZ_DIRS))))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,build/fuzz/bin/%,$(wildcard tests/fuzz/*.c))
TIME ?= 10

build/fuzz/obj/%.o: %.c | $(BUILD_INFO)
	$(call say,CC-FUZZ,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(CPPFLAGS_ALL) $(CFLAGS_FUZZ) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

build/fuzz/libwax.a: $(FUZZ_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

build/fuzz/bin/%: tests/fuzz/%.c build/fuzz/libwax.a
	$(call say,FUZZ,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_FUZZ) -fsanitize=fuzzer -MMD -MP \
		-o $@ $< build/fuzz/libwax.a $(LIBS)

# What clang compiles for the fuzz targets, with the same warnings, need not be read by it once more.
READ_BY_OTHER := $(filter-out $(if $(findstring clang,$(OTHER_CC)),$(FUZZ_OBJS:build/fuzz/obj/%.o=%.c)), \
	$(call sources,$(LIBRARY_DIRS)))
check-compilers: all $(if $(findstring clang,$(OTHER_CC)),$(FUZZ_OBJS)) ## All of user/ by gcc and clang, all of bpf/ for each architecture
	$(call say,SYNTAX,"user/ by $(OTHER_CC)")
	$(Q)$(OTHER_CC) $(CPPFLAGS_ALL) -isystem build/generated $(CFLAGS_ALL) -fsyntax-only \
		$(READ_BY_OTHER)
	$(call say,SYNTAX,"bpf/ for $(OTHER_ARCH)")
	$(Q)$(BPF_CLANG) $(subst __TARGET_ARCH_$(ARCH),__TARGET_ARCH_$(OTHER_ARCH),$(BPF_CFLAGS)) \
		-fsyntax-only $(patsubst build/bpf/%.o,bpf/%.c,$(BPF_OBJS))

tests: $(FUZZ_TARGETS)

.PHONY: fuzz check-fuzz
fuzz: $(FUZZ_TARGETS) ## Look for inputs that break a parser's promise: T=target TIME=seconds
	$(Q)tests/fuzz/run --time $(TIME) $(T)

check-fuzz: $(FUZZ_TARGETS) ## All stored inputs, and a few seconds of new ones
	$(Q)tests/fuzz/run --short

build/evaluate/generate: tests/evaluate/generate.c tests/evaluate/people.c tests/evaluate/attack.c \
		tests/evaluate/attack.h tests/evaluate/people.h tests/evaluate/random.h
build/evaluate/rivals: tests/evaluate/rivals.c
WEEK := $(addprefix tests/evaluate/weeks/,week.c host.c event.c life.c attack.c chance.h event.h host.h \
	scene.h)
build/evaluate/week: $(WEEK)
build/evaluate/%:
	$(call say,TOOL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 $(WARNINGS) -o $@ $(filter %.c,$^) -lm

build/san/evaluate/week: $(WEEK)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_SAN) -o $@ $(filter %.c,$^) -lm

check-weeks: build/waxseal build/san/evaluate/week ## The generator of weeks: same bytes for the same seed, traces that replay accepts
	$(Q)tests/evaluate/check_weeks.py build/san/evaluate/week build/waxseal

.PHONY: evaluate check-weeks
evaluate: build/waxseal build/evaluate/generate build/evaluate/week build/evaluate/rivals ## False alarms and delays on invented traces, beside other programs
	$(Q)tests/evaluate/run

##@ Install
.PHONY: install uninstall
INSTALLED := $(sbindir)/waxseald $(bindir)/waxseal $(unitdir)/waxseald.service \
	$(sysusersdir)/waxseal.conf $(mandir)/man8/waxseald.8 $(mandir)/man5/waxseal.conf.5 \
	$(mandir)/man1/waxseal.1 $(docdir)

install: all ## Copy programs, unit, configuration and manual below DESTDIR
	$(call say,INSTALL,$(DESTDIR)$(prefix))
	$(Q)install -D -m 755 build/waxseald $(DESTDIR)$(sbindir)/waxseald
	$(Q)install -D -m 755 build/waxseal $(DESTDIR)$(bindir)/waxseal
	$(Q)install -d $(DESTDIR)$(unitdir) $(DESTDIR)$(docdir)/detectors
	$(Q)sed 's|/usr/sbin/waxseald|$(sbindir)/waxseald|' user/install/waxseald.service \
		>$(DESTDIR)$(unitdir)/waxseald.service
	$(Q)install -D -m 644 user/install/waxseal.sysusers $(DESTDIR)$(sysusersdir)/waxseal.conf
	$(Q)install -d $(DESTDIR)$(sysconfdir)/waxseal/waxseal.conf.d
	$(Q)test -e $(DESTDIR)$(sysconfdir)/waxseal/waxseal.conf || install -m 644 \
		user/install/waxseal.conf $(DESTDIR)$(sysconfdir)/waxseal/waxseal.conf
	$(Q)install -D -m 644 docs/man/waxseald.8 $(DESTDIR)$(mandir)/man8/waxseald.8
	$(Q)install -D -m 644 docs/man/waxseal.conf.5 $(DESTDIR)$(mandir)/man5/waxseal.conf.5
	$(Q)install -D -m 644 docs/man/waxseal.1 $(DESTDIR)$(mandir)/man1/waxseal.1
	$(Q)install -m 644 docs/operations.md docs/coverage.md docs/metrics.md docs/security.md \
		docs/evaluation.md $(DESTDIR)$(docdir)
	$(Q)install -m 644 docs/detectors/*.md $(DESTDIR)$(docdir)/detectors

uninstall: ## Remove what install copied; configuration and state stay
	rm -rf $(addprefix $(DESTDIR),$(INSTALLED))

##@ Show
demo: ## A breach on a private Dovecot, watched; about two minutes (root)
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/demo/run

bench: all ## Cost, side by side in one run (root)
	$(Q)tests/bench/run

##@ Other
.PHONY: clean help
clean: ## Remove build/
	rm -rf build

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find build/obj build/san build/bpf build/tests build/plain build/fuzz/obj build/fuzz/bin -name '*.d' -type f 2>/dev/null)
