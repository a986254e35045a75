# SPDX-License-Identifier: GPL-2.0-or-later
"""The weeks by name: what each asks, what happens in it, and its limits."""
import dataclasses

# Of the first lists, detectors may be tuned on the first. The second is for the last look.
SEED_LISTS = {"open": (11, 23, 37, 59, 71, 83), "held": (1009, 2027, 3041, 4099, 5087, 6067)}


@dataclasses.dataclass
class Week:
    name: str
    question: str
    words: str  # keys and scenes of `build/evaluate/week`
    # Label of each variant and what differs there; `within` there means that of this variant.
    variants: dict = dataclasses.field(default_factory=lambda: {"": ""})
    config: str = ""
    # Warnings and criticals that are no mistake: 0 in an ordinary week.
    people: int = 0
    hostile: bool = False
    within: int = None  # attempts until it is told
    personal: bool = False  # only its networks and what it opened (or tried) count as told
    from_day: float = 0  # attempts before that day do not count
    notice: bool = False  # a notice about one of its sources or accounts is enough
    alerts: int = 3  # of one incident, warnings and criticals; takeovers that are true aside
    any_alerts: int = None  # of all severities, about the incident
    over: float = 2  # hours after its end
    joined: float = None  # share of the opened mailboxes that takeovers name
    wronged: int = 2  # takeovers of accounts that it never opened
    rosters: tuple = (True, False)  # with the list of all accounts, and without


def ordinary(name, question, words, variants=None, **more):
    return Week(name, question, "days=14 " + words, variants or {"": ""}, **more)


def attack(name, question, words, variants=None, within=None, **more):
    more.setdefault("rosters", (True,))
    return Week(name, question, "days=10 " + words, variants or {"": ""}, hostile=True,
                within=within, **more)


def by(key, *values):
    return {f"{key} {value:,}": f"{key}={value}" for value in values}


HOSTS = {
    "18,000 accounts, 1 tenant": "accounts=18000 tenants=1",
    "18,000, 6": "accounts=18000 tenants=6",
    "18,000, 100": "accounts=18000 tenants=100",
    "18,000, 1,000": "accounts=18000 tenants=1000 skew=.2",
    "18,000, 1,500": "accounts=18000 tenants=1500 skew=.2",
    "200,000, 1,000": "accounts=200000 tenants=1000",
    "1,000,000, 6": "accounts=1000000 tenants=6 used=.3 days=9",
}


def at_rates(within):
    """Every rate on hosts of each shape; the largest host at one rate only."""
    return {f"{rate}/h, {label}": f"rate={rate} within={limit} {words}"
            for rate, limit in within.items() for label, words in HOSTS.items()
            if rate == 300 or not label.startswith(("1,000,000", "200,000"))}


STUFFING = "list known=.6 right=.01 sources=1 hours=3 "
OWN = "list known=1 right=.6 sources=1 hours=2 "
USED = "list known=2 right=.9 sources=1 hours=2 "
FIRM = "accounts=20000 tenants=6 offices=.3 "

WEEKS = [
    ordinary("plain", "Nothing happens", "", {
        "20,000 accounts": "", "200 accounts": "accounts=400 tenants=1",
        "200,000 accounts": "accounts=200000 tenants=40"}),
    ordinary("webmail", "All users behind one private address, some mistype their names",
             "webmail=1 tenants=3", {
                 f"{users:,} users, {typo:.1%}": f"accounts={2 * users} typo={typo}"
                 for users in (2000, 20000) for typo in (.003, .01, .02)}),
    ordinary("office", "One firm behind one address", FIRM + "typo=.02 desktop=.9",
             by("office", 300, 1000, 5000)),
    ordinary("carrier", "Everybody on the road leaves through few addresses",
             "accounts=20000 tenants=6", {
                 "2 exits": "carrier_exits=2", "20 exits": "carrier_exits=20",
                 "NAT64": "nat64=1 carrier_exits=20"}),
    ordinary("school", "Pupils log in at once on the first day of term",
             "school accounts=6000 tenants=3 day=8 hour=8", by("reserved", 120, 500)),
    ordinary("hire", "A company takes on people",
             FIRM + "hire office=300 day=9 hour=8.5", {
                 f"{people} {where}": f"reserved={people} form={form}"
                 for people in (150, 300) for where, form in (("in the office", 0), ("at home", 1))}),
    ordinary("journey", "Colleagues arrive on a flight, in a hotel, at a conference",
             FIRM + "journey day=8 hour=19 count=4", {
                 f"{people} of {firm}, {where}": f"people={people} form={form} {how}"
                 for people in (5, 20) for firm, form in (("the largest", 0), ("a small firm", 5))
                 for where, how in (("one network", "hours=.5"), ("each in its own",
                                                                  "hours=.1 own=0"))}),
    ordinary("first-day", "Waxseal is new, and an office has devices of people who left",
             FIRM + "former office=60", {
                 f"{people} devices, {label}": f"people={people} {config}"
                 for people in (4, 8)
                 for label, config in (("a week to learn", ""), ("none", "learn=0"))}),
    ordinary("passwords", "Passwords change at once, devices learn it later",
             FIRM + "passwords day=8 hour=9", {
                 "one tenant": "right=1", "one in twenty of all": "form=1 right=.05",
                 "forced reset of all": "form=1 right=1"}),
    ordinary("migration", "Mailboxes are copied by one address; one alert is right",
             FIRM + "migration day=8 hour=20", {
                 "to this host, 300": "people=300", "away, 300": "people=300 form=1",
                 "away, 3,000": "people=3000 form=1"}, people=1),
    ordinary("backup", "A listed program reads all mail every night", "backup accounts=4000",
             config="[mail]\nhelper = /usr/bin/rsync\n"),
    ordinary("holidays", "Hardly anybody works for four days, then all are back", FIRM, {
        "a quarter": "season=.25 season_from=8 season_until=12",
        "in the week of learning": "season=.2 season_from=2 season_until=7"}),
    ordinary("summer-time", "Clocks change", FIRM, {
        "all at once": "dst=6", "in zones of ten hours": "dst=6 zones=10"}),
    ordinary("month-end", "Twice as much traffic, and payslips wake unused mailboxes",
             FIRM + "payday day=8 season=2 season_from=8 season_until=10"),
    ordinary("bots", "Everyday guessing", "", {
        f"{rate}/h, {label}": f"bots={rate} {host}"
        for label, host in (("60 people", "accounts=120 tenants=2 bots_known=1 bots_tries=1"
                             .replace("accounts=120", "accounts=200 used=.3")),
                            ("20,000 accounts", "accounts=20000 tenants=6"))
        for rate in (30, 60, 90, 300, 1000)}),
    ordinary("rotating", "A provider gives homes a new IPv6 prefix each night",
             "accounts=20000 tenants=6", {
                 "half of homes": "ipv6=.5 rotating=1", "all": "ipv6=1 rotating=1"}),
    ordinary("probe", "Monitoring logs in each minute", "probe accounts=2000 tenants=2", {
        "one address": "sources=1", "three": "sources=3",
        "with a wrong password on purpose": "sources=3 form=1"}),
    ordinary("collector", "A service opens its customers' mailboxes", FIRM + "collector", {
        "3,000 from one address": "people=3000 sources=1",
        "3,000 from twenty": "people=3000 sources=20",
        "300 new ones a day from day 8": "count=300 day=8 sources=4"}),
    ordinary("stale", "Many devices have old passwords", FIRM, {
        "1 % a day": "changed=.01", "3 % a day": "changed=.03"}),
    ordinary("hammer", "A broken client tries without a pause for two days",
             FIRM + "hammer hours=14 day=8", {
                 "10 a second, own name": "rate=36000", "1 a second, wrong name":
                 "rate=3600 form=1"}, people=1),
    ordinary("clock", "The clock is set back by ten minutes",
             "clock accounts=20000 tenants=6 day=8 hour=10 hours=.1667"),
    ordinary("midnight", "Much happens in the seconds around midnight",
             "midnight accounts=20000 tenants=6", by("people", 500, 5000)),
    ordinary("moved", "Everybody of an office, or behind webmail, has another address on Monday",
             "moved=7", {
                 "office of 1,000": FIRM + "office=1000 desktop=.9 typo=.02",
                 "webmail, 2,000 users": "webmail=1 accounts=4000 tenants=3 typo=.005"}),
    ordinary("renumbered", "A provider gives all its customers new addresses in one night",
             FIRM + "renumbered=9"),
    ordinary("resync", "Every client copies its mailbox once more", FIRM + "resync day=8"),
    ordinary("shared", "One mailbox is opened by many", FIRM + "shared office=300",
             by("people", 10, 40)),
    ordinary("outage", "Every login fails for a while", FIRM + "outage day=8 hour=10", {
        "ten minutes": "hours=.1667", "two hours": "hours=2"}),
    ordinary("together", "All of it on one host",
             FIRM + "webmail=.3 office=800 hire probe collector journey payday typo=.015 bots=200 "
             "rotating=.5 travel=.02 zones=3 reserved=40 people=12 sources=2 count=3 day=9 hour=9"),

    attack("stuffing", "A list stolen elsewhere, each attempt from another network", STUFFING,
           at_rates({60: 100, 300: 50, 1000: 25})),
    attack("own-list", "A list stolen here, 60 % right", OWN, at_rates({60: 20, 300: 12, 1000: 12})),
    attack("own-used", "Only accounts in use, 90 % right", USED, at_rates({300: 60, 1000: 60})),
    attack("own-all", "A list stolen here, 90 % right", OWN + "right=.9",
           at_rates({300: 12, 1000: 12})),
    attack("residential", "The list stolen here, through homes of the users' providers",
           OWN + "form=1 accounts=20000 tenants=6", {
               "300/h": "rate=300 within=24", "1000/h": "rate=1000 within=24"}),
    attack("slow", "The list stolen here, ten an hour for 25 hours",
           OWN + "rate=10 hours=25 accounts=20000", by("tenants", 1, 6, 1000), within=40),
    attack("pulsed", "A list for five minutes in every three hours, 300 an hour meanwhile",
           OWN.replace("list", "pulsed") + "count=3 hours=36 accounts=20000 tenants=6 rate=300", {
               "stolen here": "within=24", "stolen elsewhere": "known=.6 right=.01 within=100"},
           alerts=12),
    attack("one-firm", "The list of one small firm on a large host, each from another network",
           OWN + "rate=60 spread=-30 accounts=20000 tenants=40", {
               "60 % right": "within=20", "guesses": "known=.6 right=.01 within=100"}),
    attack("hosting", "The list through 256 addresses of one network",
           OWN + "form=3 accounts=20000 tenants=6", {
               "300/h": "rate=300 within=12", "60/h": "rate=60 within=20"}, any_alerts=25),
    attack("botnet-on-one", "One account, each guess from another network",
           "one rate=60 hours=10 sources=1 accounts=20000 tenants=6", within=60, notice=True,
           personal=True),
    attack("learning", "An attack that ran when Waxseal was installed; from the end of learning",
           "list day=0 hour=10 hours=200 sources=1 accounts=20000 tenants=6", {
               "stuffing, 60/h": "known=.6 right=.01 rate=60 within=200",
               "stuffing, 600/h": "known=.6 right=.01 rate=600 within=100",
               "own list, 60/h": "known=1 right=.6 rate=60 within=40"},
           from_day=7, alerts=6, wronged=50),
    attack("flood", "1,100 invented domains a minute before the list stolen here",
           OWN + "flood right=.9 rate=600 accounts=18000 tenants=6", by("count", 1100, 20000),
           within=24, rosters=(True, False)),
    attack("seeding", "Own accounts make 600 networks known in their tenant in the week before",
           OWN + "seed spread=1 count=600 sources=-600 reads=100 rate=300 accounts=20000 tenants=6", {
               f"{own} of one's own, then {what}": f"own={own} {words}" for own in (1, 3, 12)
               for what, words in (("all", "within=24"),
                                   ("those in use", "known=2 right=.9 within=120"),
                                   ("only right ones", "known=2 right=1 within=120"))}),
    attack("padding", "Each attempt is followed by logins of own accounts",
           OWN.replace("list", "padded") + "rate=300 accounts=20000 tenants=6", {
               "3 of 10": "count=3 own=10", "10 of 100": "count=10 own=100"}, within=24),
    attack("half-hour", "600 attempts in half an hour",
           STUFFING + "rate=1200 hours=.5 days=12 accounts=20000", by("tenants", 1, 6, 100),
           within=25),
    attack("slash48", "A new /64 of one /48 every ten seconds for a day",
           "slash48 known=.6 right=.002 rate=360 hours=23 hour=0 accounts=20000 tenants=6",
           within=50, alerts=25, any_alerts=25, notice=True),
    attack("office-guesser", "One of the office guesses 60 accounts in a night",
           FIRM + "inside people=60 count=3 hours=8 hour=22 right=.05 reads=50 typo=.02",
           by("office", 300, 1000), within=180, personal=True),
    attack("webmail-guesser", "Somebody guesses through webmail, which all users use",
           "inside form=2 webmail=1 tenants=3 people=100 count=3 hours=2 right=.1 reads=60",
           by("accounts", 4000, 20000), within=300, personal=True),
    attack("hit", "Ten wrong, the eleventh opens, amid everyday guessing",
           "hit tenants=2 bots_known=1 bots_tries=1 hours=.01 reads=20", {
               f"{rate}/h, {accounts} accounts": f"bots={rate} accounts={accounts}"
               for accounts in (200, 2000) for rate in (60, 80, 140, 200, 1000)}, within=11,
           personal=True),
    attack("hit-slow", "The same over ten hours", "hit tenants=2 hours=10 reads=20 accounts=2000",
           by("bots", 10, 100), within=11, personal=True),
    attack("one-account", "One account from four networks, 1.9 a minute for three days",
           "one rate=114 day=8 hours=72 sources=-4 accounts=20000 tenants=6 days=12", within=720,
           notice=True, personal=True),
    attack("takeovers", "Which mailboxes are read after a login with the list",
           OWN + "reads=100 hours=1 tenants=6", {
               f"{rate}/h, {accounts:,} accounts": f"rate={rate} accounts={accounts}"
               for rate in (60, 300) for accounts in (20000, 100000)}, within=20, joined=.95),
    attack("emptied", "One address opens a mailbox a minute and copies it",
           "list known=2 right=1 rate=60 sources=-1 hours=1 reads=400 accounts=20000 tenants=6",
           within=4),
    attack("tar", "A program that nobody listed reads mailboxes beside the server",
           "tar people=200 accounts=4000 tenants=2", within=3, alerts=2),
    attack("spray", "One address, one attempt on each account",
           "list sources=-1 known=1 right=0 hours=2 accounts=20000 tenants=6", by("rate", 60, 300),
           within=7, notice=True),
]
