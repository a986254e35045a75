/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that crosses the border between the BPF programs and user space: keys, values,
 * records, enumerators and limits. Append only: maps may outlive the daemon that made them.
 *
 * No struct here can carry a password, a hash, a token or message text.
 */
#ifndef WAX_ABI_H
#define WAX_ABI_H

#include "auth_protocol.h"
#include "decode/anvil.h"
#include "decode/claim.h"
#include "decode/courier_environment.h"
#include "decode/cyrus_status.h"
#include "delivery.h"
#include "login.h"
#include "lost_stage.h"
#include "watched.h"

/* Of the map layouts below; a daemon never reads maps of another version. */
#define WAX_LAYOUT_VERSION 9

/* ---- Counting maps: added to by the programs, drained by the daemon ---- */

/* The programs add to one set while the daemon drains the other. */
#define COUNTING_SETS 2

struct attempt_key {
	struct identity who;
	__u8 transport_tls;
	__u8 overflow; /* 1 only in the entry that takes what does not fit */
	__u8 reserved[6];
};
static_assert(sizeof(struct attempt_key) == 216, "attempt_key");

struct attempt_value {
	__u64 outcome[AUTH_OUTCOMES]; /* by enum auth_outcome */
	__u64 first_boot_ns, last_boot_ns; /* of the requests, CLOCK_BOOTTIME */
};
static_assert(sizeof(struct attempt_value) == 48, "attempt_value");

/* A file as the kernel knows it; stat(2) shows other numbers on btrfs and overlayfs. */
struct file_identity {
	__u64 inode_number;
	__u32 device; /* s_dev of the superblock */
	__u32 generation; /* a number that is used again is another file's */
};
static_assert(sizeof(struct file_identity) == 16, "file_identity");

/* Who opened: an executable, the user it ran as, the one who logged in, the service, the script. */
struct actor {
	struct file_identity program;
	__u32 uid;
	__u32 login_uid; /* all ones: nobody logged in */
	__u64 cgroup;	 /* number in the unified hierarchy; its name lies in the map of units */
	__u64 script;	 /* of root's interpreters: hash of its path; 0: none, or not known */
};
static_assert(sizeof(struct actor) == 40, "actor");

#define COMPONENT_BYTES 64
#define COMMAND_BYTES 16

enum read_kind {
	READ_KIND_SESSION = 1, /* by a session's process, of the session's own account */
	READ_KIND_PATH = 2,    /* by anybody else: the account is named by the path */
};

struct read_key {
	__u8 kind;
	__u8 overflow;
	__u16 root; /* READ_KIND_PATH: whose template says what the components mean */
	__u8 preexisting; /* READ_KIND_PATH: by a session's program that is older than the sensor */
	__u8 started; /* READ_KIND_PATH: enum started_by_master */
	__u8 reserved[2];
	struct actor actor;
	__u64 master; /* of a session that a master logged in: its name's hash; 0: the user did */
	union {
		struct identity who; /* READ_KIND_SESSION; mechanism unused */
		struct {	     /* READ_KIND_PATH */
			char component[2][COMPONENT_BYTES]; /* not NUL-ended when full */
			char source[SOURCE_BYTES];	    /* of the session, if any */
			char service[SERVICE_BYTES];
		};
	};
};
static_assert(sizeof(struct read_key) == 264, "read_key");

struct read_value {
	__u64 messages;
	__u64 mailbox_files; /* opens of files that hold many messages */
	__u64 scanned;	  /* messages a session's process opened and did not deliver */
	__u64 bytes_sent;
	__u64 first_boot_ns, last_boot_ns;
	/* READ_KIND_PATH: the first process of these */
	__u32 pid, parent_pid;
	char parent[COMMAND_BYTES];
};
static_assert(sizeof(struct read_value) == 72, "read_value");

struct store_key {
	struct actor actor;
	__u16 store;
	__u8 overflow;
	__u8 reserved[5];
};
static_assert(sizeof(struct store_key) == 48, "store_key");

struct store_value {
	__u64 opens;
	__u64 bytes;
	__u64 first_boot_ns, last_boot_ns;
};
static_assert(sizeof(struct store_value) == 32, "store_value");

/* So many stores have a read budget: what a listed program may read of one before the kernel
 * reports it at once. What is read of the others the tick shows. */
#define READ_BUDGETS 1024

/* Connections that were accepted on a mail port, by remote address. */
struct client_connection_key {
	__u32 address[4]; /* network order; IPv4 as ::ffff:a.b.c.d */
	__u16 port;	  /* local */
	__u8 overflow;
	__u8 reserved[5];
};
static_assert(sizeof(struct client_connection_key) == 24, "client_connection_key");

struct client_connection_value {
	__u64 accepted, closed;
	__u64 bytes_sent; /* of those closed, as TCP counts them: acknowledged */
	__u64 bytes_received;
	__u64 first_boot_ns, last_boot_ns;
};
static_assert(sizeof(struct client_connection_value) == 48, "client_connection_value");

/* ---- State of the auth sensor ---- */

/*
 * One direction of one connection. A Unix connection is named by its accepted end, whose address
 * alone is reused; a TCP connection by its ports (socket, below 2^32) and the client's address
 * (inode_number), which both ends know.
 */
struct stream_key {
	__u64 socket;	    /* kernel address of the accepted struct sock */
	__u64 inode_number; /* of its socket inode */
	__u32 side;	    /* enum auth_side */
	__u32 reserved;
};
static_assert(sizeof(struct stream_key) == 24, "stream_key");

/*
 * Where the bytes of the send being looked at lie: user addresses, used while the program runs.
 * In a map value and not on the stack because the verifier follows every number it can know: a
 * count on the stack would be a new state at every step.
 */
struct cursor {
	__u64 left;	     /* bytes still to be looked at */
	__u64 segment;	     /* address of the next struct iovec */
	__u64 segments_left; /* of them */
	__u64 base;	     /* address of the rest of the current segment */
	__u64 base_left;     /* bytes of it */
	__u64 segments_copied; /* struct iovec lies in kernel memory */
};
static_assert(sizeof(struct cursor) == 48, "cursor");

/* A request waits for its verdict; a verdict seen before its request waits for that. */
struct request_key {
	__u64 socket;
	__u64 inode_number;
	__u32 id;
	__u32 reserved;
};
static_assert(sizeof(struct request_key) == 24, "request_key");

struct request {
	__u64 boot_ns;
	__u64 cancelled_boot_ns; /* 0: not */
	char source[SOURCE_BYTES];
	char service[SERVICE_BYTES];
	char mechanism[MECHANISM_BYTES];
	__u8 transport_tls;
	__u8 internal; /* the server's own exchange: not an attempt */
	__u8 early;    /* no handshake of the server's was seen: only its verdict makes an attempt */
	__u8 no_session; /* only the password is asked about: no mail process will claim the login */
	__u32 pid; /* of the login process, as in struct login */
	__u64 pid_space;
};
static_assert(sizeof(struct request) == 112, "request");

struct verdict {
	__u64 boot_ns;
	__u64 master; /* hash of the name of who logged in as the account; 0: nobody else */
	char account[ACCOUNT_BYTES];
	__u8 outcome;
	__u8 forwarded;
	__u8 adopted; /* on a connection older than the sensor: its request may be older, too */
	__u8 no_session; /* as in struct request */
	__u8 reserved[4];
};
static_assert(sizeof(struct verdict) == 152, "verdict");

/* What the daemon asks the programs to take out: a request or a verdict that waited in vain. */
struct expired {
	struct request_key key;
};

/* Likewise a login that nobody claimed. */
struct expired_login {
	struct login login;
};

/*
 * Decoder state of one direction, and what is put together for the maps: the programs
 * have 512 bytes of stack, all frames together.
 */
struct stream {
	struct auth_decoder decoder;
	struct request_key request_key;
	struct request request;
	struct verdict verdict;
	struct attempt_key attempt;
	struct login login;
	struct login_state login_state;
	struct cursor cursor;
	__u8 adopted; /* older than the sensor */
	__u8 ended; /* of the server's direction, or of the client's alone: it waits to be forgotten */
	__u8 no_session; /* of the request or the verdict that are put together */
	__u8 reserved;
	__u32 waiting; /* of the client's direction: requests that wait for their verdict */
	__u64 barrier; /* exchanged for the order that it makes, never read */
};
static_assert(sizeof(struct stream) == 880, "stream");

/* A connection that has ended is remembered for this long: the program of its last send may still have
 * to run. */
#define ENDED_NS 1000000000ULL
#define ENDED_STREAMS 8192

struct ended_stream {
	struct stream_key key; /* of the server's direction */
	__u64 boot_ns;
};
static_assert(sizeof(struct ended_stream) == 32, "ended_stream");

/* ---- Masters of mail servers: tgid -> why it is one ---- */

enum master_evidence {
	MASTER_OF_ROOT_EXECUTED = 1, /* root executed a program of that name */
	MASTER_FORKED = 2,	     /* a master made it */
	MASTER_LISTENS = 3,	     /* its child answers at a listener that is named */
	MASTER_ADOPTED = 4,	     /* one of these before the sensors */
};

/* What a process that a master started is: one of the mail server's own programs, by its folder, which only root
 * can have put there; or another one, such as a shell that a mail process became. */
enum started_by_master { STARTED_BY_OTHERS, STARTED_ANOTHER, STARTED_OWN_PROGRAM };

/* ---- State of the session sensor: tgid -> whom the process serves ---- */

/* Dovecot's says CONNECT; before that it claims the login that it is to serve. */
struct anvil_session {
	struct anvil_decoder decoder;
	struct claim_decoder claim;
	struct login login; /* claimed; all zero: none */
};

/* Cyrus' writes a status line before and after each command. */
struct cyrus_session {
	struct cyrus_decoder decoder;
	__u8 event; /* enum cyrus_event, of the last line */
	__u8 reserved[7];
};

struct session {
	union { /* by protocol; SESSION_PROTOCOL_NONE: it may become one of Dovecot's */
		struct anvil_session anvil;
		struct cyrus_session cyrus;
		struct environment_decoder environment;
	};
	struct cursor cursor;
	struct read_key key; /* under which its bytes and messages count */
	/* Of a reused process: the connection that logged in, and that of unbound_bytes. */
	__u64 client, unbound_client;
	__u64 home_inode;    /* address of the account's directory, once compared; 0: not yet */
	__u64 connected_boot_ns;
	/*
	 * Before it says whose it is a mail process may already greet its client (pop3's first +OK)
	 * and look at the mailbox (pop3 sizes messages): kept until it says so, or ends.
	 */
	__u64 unbound_bytes;
	__u64 unbound_home; /* the directory it looked at */
	__u32 unbound_messages, unbound_mailbox_files;
	struct delivery delivery;
	char unbound_component[2][COMPONENT_BYTES];
	__u16 unbound_root;
	__u8 protocol; /* enum session_protocol */
	__u8 bound;    /* it has said whose it is */
	/* What this server's sessions are like; the file of the server sets it. */
	__u8 is_reused; /* for one connection after another, which it may speak to before it says so
			 */
	__u8 opens_unsent; /* it opens messages that it does not send, over POP3 too */
	__u8 owns_unnamed; /* a file whose path names nobody is opened for whom it serves */
	/* What it does right now. */
	__u8 opens_for_own;  /* the server, for itself: its command sends no message */
	__u8 is_compressed;  /* how much went to the client says nothing of what it got */
	__u8 ended; /* bound is 0 again; key still names whom it served last */
	__u8 reserved[2];
	__u32 unbound_unsure; /* opens in unbound_home of what may be mail under another name */
	/* Older than the sensor and never said whose it is: the mailbox that it opened first. */
	__u64 preexisting_home;
};
static_assert(sizeof(struct session) == 624, "session");

/* ---- Programs seen reading, with their path as the kernel had it ---- */

#define PATH_COMPONENTS 16

struct program {
	__u32 owner;	 /* of the file */
	__u16 mode;	 /* of the file */
	__u8 components; /* in use, last name first */
	__u8 cut;	 /* the path has more or longer names */
	__u8 whole;	 /* all names are there */
	__u8 reserved[7];
	char command[COMMAND_BYTES];
	char component[PATH_COMPONENTS][COMPONENT_BYTES];
};
static_assert(sizeof(struct program) == 1056, "program");

/*
 * Where a listed program lies: what root puts there under that name is the program, too, from its first
 * execution on.
 */
enum program_role {
	PROGRAM_SESSION = 1, /* with its session protocol */
	PROGRAM_STORE_READER = 2,
	PROGRAM_INTERPRETER = 4,
	PROGRAM_HELPER = 8,
};

struct program_place {
	__u8 roles;
	__u8 protocol;
	__u8 reserved[6];
};
static_assert(sizeof(struct program_place) == 8, "program_place");

/* ---- Scripts that interpreters of root were seen running, by the hash of the path ---- */

#define SCRIPT_BYTES 128
#define SCRIPT_ARGUMENTS 6 /* among so many of the first it is looked for */

struct script {
	char path[SCRIPT_BYTES];
};

/* ---- Control groups seen reading, by their number: systemd's units ---- */

#define UNIT_LEVELS 6
#define UNIT_NAME_BYTES 96

struct unit {
	__u32 levels; /* in use; name[0] lies directly below the root */
	__u8 whole;   /* all names are there */
	__u8 row, at; /* where the program is that writes them */
	__u8 reserved[1];
	char name[UNIT_LEVELS][UNIT_NAME_BYTES]; /* not NUL-ended when full */
};
static_assert(sizeof(struct unit) == 584, "unit");

/* ---- Ring buffer: rare records ---- */

enum record_kind {
	RECORD_STORE_READER = 1,   /* an unlisted program opened a credential store */
	RECORD_SECOND_ACCOUNT = 2, /* a session's process opened another account's mail */
	RECORD_STORE_READ = 3,	   /* an unlisted program read a store that others opened */
	RECORD_STORE_REPLACED = 4, /* a store has another inode: for the daemon, about nobody */
	RECORD_READ_BUDGET = 5,	   /* a listed program used up a read budget: for the daemon */
	RECORD_PROGRAM_REPLACED = 6, /* a listed program has another inode: for the daemon */
	RECORD_OTHER_LOGIN = 7, /* a session says that it serves an account that did not log in */
};

struct record {
	__u32 kind;
	__u16 object; /* store or root */
	__u8 reserved[2];
	__u64 boot_ns;
	struct actor actor;
	__u32 pid, parent_pid;
	char command[COMMAND_BYTES];
	char parent[COMMAND_BYTES];
	char account[ACCOUNT_BYTES]; /* the session's */
	char source[SOURCE_BYTES];
	char component[2][COMPONENT_BYTES]; /* RECORD_SECOND_ACCOUNT: whose mail */
};
static_assert(sizeof(struct record) == 400, "record");

/* ---- An instruction that the loader exchanges for a call ---- */

#define PLACEHOLDER_CAST 0x57415801

/* ---- Settings the programs read; written before they are attached ---- */

struct settings {
	__u32 own_tgid; /* the daemon's opens are not counted */
	__u32 set;	/* of the counting maps that is added to */
	__u32 layout_version;
	__u32 complete;	/* all maps and links are kept: a later daemon may go on with them */
	__u64 instance; /* random: which maps a ledger's counts came from */
	__u64 epoch; /* how often the sets were swapped: names what a tick drained */
	__u64 attached_boot_ns; /* what started before may have said things unseen */
	__u64 own_start_ticks;	/* of own_tgid, which another may have later; proc(5): starttime */
};
/* Of /proc, on every machine: USER_HZ is 100. */
#define NS_PER_START_TICK 10000000ULL
static_assert(sizeof(struct settings) == 48, "settings");

/* Bytes of one send that are looked at; a protocol line is at most 16 KiB. */
#define SEND_BYTES_LIMIT (1 << 18)
/* Directories between a file and the root. */
#define WALK_LIMIT 24

/* ---- Output of the iterator: auth connections older than the sensor ---- */

/* TCP ports of auth services that are looked at: inet:HOST:PORT. */
#define AUTH_PORTS 4

#define SOCKET_PATH_BYTES 108

struct found_socket {
	__u64 socket;
	__u64 inode_number;
	__u32 pid;
	__u32 path_bytes;
	char path[SOCKET_PATH_BYTES];
	__u8 believed; /* its listener is the mail server's */
	__u8 reserved[3];
};
static_assert(sizeof(struct found_socket) == 136, "found_socket");

struct found_file {
	__u64 inode;
	__u64 inode_number;
	__u32 device;
	__u32 fd;
	__u32 generation;
	__u32 reserved;
	struct watched_name name; /* under which it was opened */
};
static_assert(sizeof(struct found_file) == 48, "found_file");

/* ---- Processes that were reported: that they read a store ---- */

struct reported_key {
	struct file_identity program;
	__u64 start_boot_ns;
	__u32 tgid;
	__u32 store;
};
static_assert(sizeof(struct reported_key) == 32, "reported_key");

/* Ports on which mail servers are looked at for connections. */
#define MAIL_PORTS 16

/* ---- Credential stores behind TCP ---- */

/* inet:HOST:PORT; which are looked for is set before load. */
#define STORE_PORTS 8

struct store_port {
	__u64 address; /* as tcp_address() has it; 0: any */
	__u16 port;    /* 0 ends them */
	__u16 store;
	__u32 reserved;
};
static_assert(sizeof(struct store_port) == 16, "store_port");

#endif
