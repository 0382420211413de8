"""English inflections of the words that rules are made of: a verb's and a noun's forms, no more.

Words that legal news uses are listed, so that any of their forms leads to all of them (`sued` to
`sue`).  Others follow the regular rules as far as their ending allows.  Names are left alone: a
word with a capital is taken as written, an acronym gets a plural.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

FORMS_MAX = 64
"""A phrase's spellings; above it only its first and last content words are inflected."""

_IRREGULAR = """
arise arises arose arisen arising/bear bears bore borne bearing/become becomes became becoming
begin begins began begun beginning/belie belies belied belying/bet bets betting
bid bids bidding/bind binds bound binding/break breaks broke broken breaking
breed breeds bred breeding/bring brings brought bringing/build builds built building
burn burns burned burnt burning/buy buys bought buying/catch catches caught catching
choose chooses chose chosen choosing/come comes came coming/cost costs costing/cut cuts cutting
deal deals dealt dealing/die dies died dying/disprove disproves disproved disproven disproving
do does did done doing/draw draws drew drawn drawing/drive drives drove driven driving
fall falls fell fallen falling/feed feeds fed feeding/feel feels felt feeling
fight fights fought fighting/find finds found finding/flee flees fled fleeing
fly flies flew flown flying/forbid forbids forbade forbidden forbidding
foresee foresees foresaw foreseen foreseeing/forgive forgives forgave forgiven forgiving
forgo forgoes forwent forgone forgoing/freeze freezes froze frozen freezing
get gets got gotten getting/give gives gave given giving/go goes went gone going
grind grinds ground grinding/grow grows grew grown growing/hang hangs hung hanged hanging
hear hears heard hearing/hide hides hid hidden hiding/hit hits hitting/hold holds held holding
keep keeps kept keeping/know knows knew known knowing/lay lays laid laying
lead leads led leading/leave leaves left leaving/lend lends lent lending/let lets letting
lie lies lied lying/lose loses lost losing/make makes made making/mean means meant meaning
meet meets met meeting/mislead misleads misled misleading
mistake mistakes mistook mistaken mistaking/misunderstand misunderstands misunderstood
overcome overcomes overcame overcoming/override overrides overrode overridden overriding
oversee oversees oversaw overseen overseeing/overtake overtakes overtook overtaken overtaking
overthrow overthrows overthrew overthrown overthrowing/pay pays paid paying
plead pleads pleaded pled pleading/prove proves proved proven proving/put puts putting
quit quits quitting/read reads reading/rebuild rebuilds rebuilt rebuilding
rehear rehears reheard rehearing/repay repays repaid repaying/reset resets resetting
rewrite rewrites rewrote rewritten rewriting/rise rises rose risen rising/run runs ran running
say says said saying/see sees saw seen seeing/seek seeks sought seeking
sell sells sold selling/send sends sent sending/set sets setting/shake shakes shook shaken shaking
shoot shoots shot shooting/show shows showed shown showing/shrink shrinks shrank shrunk shrinking/shut shuts shutting
sink sinks sank sunk sinking/sit sits sat sitting/speak speaks spoke spoken speaking
speed speeds sped speeding/spend spends spent spending/spin spins spun spinning
split splits splitting/spread spreads spreading/stand stands stood standing
steal steals stole stolen stealing/stick sticks stuck sticking
strike strikes struck stricken striking/swear swears swore sworn swearing
swing swings swung swinging/take takes took taken taking/teach teaches taught teaching
tear tears tore torn tearing/tell tells told telling/think thinks thought thinking
throw throws threw thrown throwing/tie ties tied tying
undergo undergoes underwent undergone undergoing
understand understands understood understanding
undertake undertakes undertook undertaken undertaking
underwrite underwrites underwrote underwritten underwriting/undo undoes undid undone undoing
uphold upholds upheld upholding/vie vies vied vying/win wins won winning
withdraw withdraws withdrew withdrawn withdrawing
withhold withholds withheld withholding/withstand withstands withstood withstanding
write writes wrote written writing
analysis analyses/appendix appendices appendixes/basis bases/child children/crisis crises
criterion criteria/half halves/hypothesis hypotheses/index indices indexes/life lives
man men/memorandum memoranda memorandums/spokesman spokesmen/spokeswoman spokeswomen
thesis theses/thief thieves/wife wives/woman women/amicus amici
"""

_VERBS = """
abandon abuse accelerate accept access accuse acknowledge acquire acquit act add address adjourn
administer admit adopt advance advise advocate affirm agree aid aim alert allege allocate allow
alter amend announce annul answer appeal appear apply appoint approach approve argue arraign arrest
ask assert assess assign assist assume attach attack attempt attest auction audit authorize
authorise await award back ban bar battle begin block bolster boost breach brief bribe broker calm
cancel cap cease cede censure certify challenge change charge cheat cite claim clarify classify
clear close coerce collapse collect commend comment commingle commit compel compensate complain
complete comply conceal concede conclude condemn conduct confer confess confirm confiscate consent
consider consolidate conspire consult contempt contend contest continue contract control convict
cooperate counsel counter create criminalize cross crush curb custody damage debate deceive decide
declare decline defame defeat defend defer define defraud delay delist deliver demand denounce deny
depose deposit deregister deregulate detain deter determine develop direct disagree disallow
disbar discharge disclose discover discuss disgorge dismiss dispose dispute disqualify disrupt
dissolve distribute divest docket dodge draft drain drop dump earn ease effect elect embezzle
enact end endorse enforce enjoin enter estimate evade evaluate examine exceed exchange exclude
execute exempt exercise exit exonerate expand expel expire explain exploit expose extend extort
extradite face facilitate fail fake favor favour file finalize finance find fine focus follow force
foreclose forfeit form found fund gain grant greenlight grill group guarantee guard guide hack halt
handle harm head help hire host identify impeach implement imply impose imprison improve incarcerate
include incur indict inform infringe initiate injure inquire insist inspect institute instruct
insure intend interfere intervene introduce invalidate invest investigate invoke involve issue jail
join judge justify kill label launch launder lawyer legalize legislate level levy license licence
lift limit liquidate list litigate loan lobby lock lodge loot manage mandate manipulate market
maintain mediate merge mint misappropriate misrepresent mix model monitor move name negotiate
nominate notify nullify obey object obstruct obtain occur offer omit open operate oppose order
organize oust outlaw overhaul overrule overturn owe pardon partner pass pause penalize
penalise permit persist persuade petition place plan plot pledge postpone prepare present press
prevail prevent price probe proceed process produce prohibit promise promote propose prosecute
protect protest provide publish pull punish pursue push question raid raise rate ratify reach
react rebuff rebuke rebut recall receive recommend reconsider record recover recuse redact redeem
reduce refer refile refund refuse refute register regulate reinstate reject release remain remand
remedy remove renew reopen repeal replace reply report represent reprimand request require rescind
resign resist resolve respond restart restore restrain restrict restructure result resume retain
retaliate retire return reveal reverse review revise revive revoke reward rig rob rule sack
sanction scam scrap scrutinize seal search secure seize sentence separate serve settle shelve
shield shift sign slam slap solicit spare sponsor stake stall start state stay stop store strip
struggle subject submit subpoena sue suffer suggest summon supervise supply support suppress
surrender suspend sustain swap swindle target tax terminate testify threaten thwart tighten toss
trace track trade transfer transmit travel trial trigger trim try turn unfreeze unlock unseal
unveil update urge use vacate validate value verify veto violate void vote vow waive walk want
warn warrant weigh whistle wind wipe wire work worry
rally rely bully render hinder gather foster filter usher tender lower power
"""
_NOUNS = """
acquittal action affidavit agency agreement allegation altcoin amendment appeal appearance appellant
appellee applicant arbitration argument asset attorney bank bankruptcy bill bitcoin brief case
commission commissioner commodity company complaint conference congress consumer conviction counsel
counterclaim court creditor crime criminal crypto cryptocurrency customer debtor decision
defendant deposition derivative dismissal docket entity evidence exchange executive exemption
exchange extradition fee filing firm founder fraud government hearing holding indictment
injunction investigation investigator investor judge judgment judgement juror jury justice lawmaker
lawsuit lawyer ledger legislation letter liability litigation market memo miner mixer motion
offering official opinion opposition order party penalty petition petitioner plaintiff plea pleading
policy proceeding prosecution prosecutor protocol provider proposal receiver regulation regulator
remedy reserve respondent restitution ruling sale sanction scheme security senator seizure
settlement stablecoin stakeholder statute stay stipulation subpoena suit summons testimony token
transaction treasury trial tribunal trustee validator verdict wallet warrant watchdog whistleblower
witness family monopoly anomaly assembly
"""
_DOUBLES_LIST = """
abet acquit admit allot commit compel confer control defer deter disbar dispel enrol equip expel
format incur infer kidnap occur omit outbid overlap patrol permit prefer program propel rebut recur
refer regret remit repel submit transfer transmit unplug
"""
_DOUBLES_IN_BRITAIN_LIST = """
cancel channel counsel dial fuel label level marshal model signal total travel tunnel
"""
_DOUBLES_NOT_LIST = """
bus gas
"""
_ES_AFTER_O_LIST = """
embargo veto hero echo potato tomato cargo
"""
_FIXED_LIST = """
a about above across after again against all almost along already also although always am amid
among an and another any are around as at away bad be because been before behind being below best
better between big both but by can cannot could despite does down due during each early either else
enough even ever every far few first for from former free full further good had has have he her
here high him his how however if in indeed instead into is it its itself just large last late later
latest least less like little long low many may maybe meanwhile might more most much must my near
nearly neither never new news next no non nor not nothing now of off often old on once one only
onto or other our out over own past per pro public rather real same second securities series
several shall she short should since small so some soon still such than that the their them then
there these they third this those though three through thus til to today together too toward
towards two under until up upon us very via was we well were what when where whether which while
who whom whose why will with within without would yes yesterday yet you your customs damages east
economics futures goods guilty headquarters innocent means north politics proceeds red south
statistics wells west ether
"""
_DOUBLES = frozenset(_DOUBLES_LIST.split())
"""Words of several syllables, stressed on the last."""
_DOUBLES_IN_BRITAIN = frozenset(_DOUBLES_IN_BRITAIN_LIST.split())
_DOUBLES_NOT = frozenset(_DOUBLES_NOT_LIST.split())
_ES_AFTER_O = frozenset(_ES_AFTER_O_LIST.split())
_FIXED = frozenset(_FIXED_LIST.split())
"""Function words, adjectives that would turn into nouns (`news`), and nouns with no singular of
the same meaning (`securities`, `futures`, `damages`)."""

_PLURAL_ONLY = re.compile(
    r".(?:tion|sion|ment|ness|ity|ism|ist|ance|ence|ancy|ency|ship|hood|coin|chain|or|ant|ive"
    r"|al|ing|graph|dom|eer|ee|age|ure|crat|logy|acy|er|ware|currency|ate|ary|ory|ium|man|ic|ian)$"
)
"""Endings of nouns that no verb is made of; verbs that have one are listed."""
_NO_FORMS = re.compile(r".(?:ly|ous|ful|able|ible|less|ish|ward|wise|ics)$")
_SINGULAR = re.compile(r".(?:ss|us|is|ous|as|os)$")
_SHORT = re.compile(r"^[^aeiou]*(?:qu)?[aeiou][^aeiouwxy]$")
"""One syllable that ends in one vowel and one consonant doubles it: ban, banned."""


def _plural(word: str) -> str:
    if re.search(r"(?:s|x|z|ch|sh)$", word) or word in _ES_AFTER_O:
        return word + "es"
    return word[:-1] + "ies" if re.search(r"[^aeiou]y$", word) else word + "s"


def _past_and_gerund(word: str) -> set[str]:
    if re.search(r"[^aeiou]y$", word):
        return {word[:-1] + "ied", word + "ing"}
    if word.endswith("e"):
        kept = re.search(r"(?:ee|oe|ye)$", word)
        return {word + "d", (word if kept else word[:-1]) + "ing"}
    doubled = {word + word[-1] + "ed", word + word[-1] + "ing"}
    if (_SHORT.search(word) and word not in _DOUBLES_NOT) or word in _DOUBLES:
        return doubled
    plain = {word + "ed", word + "ing"}
    return plain | doubled if word in _DOUBLES_IN_BRITAIN else plain


def _table() -> dict[str, frozenset[str]]:
    """Return the forms of every listed word, under each of its forms; a lemma's own come first."""
    lemmas: dict[str, frozenset[str]] = {}
    for noun in _NOUNS.split():
        lemmas[noun] = frozenset((noun, _plural(noun)))
    for verb in _VERBS.split():
        lemmas[verb] = frozenset((verb, _plural(verb), *_past_and_gerund(verb)))
    for entry in re.split(r"[/\n]", _IRREGULAR.strip()):
        lemma, *others = entry.split()
        lemmas[lemma] = frozenset((lemma, *others))
    table = dict(lemmas)
    for words in lemmas.values():
        for word in words - _FIXED:
            table.setdefault(word, words)
    return table


_TABLE = _table()
KNOWN = frozenset(_TABLE) | _FIXED
"""Words that are never a misspelt name."""


@lru_cache(maxsize=8192)
def forms(word: str) -> frozenset[str]:
    """Return `word` and its inflections; only itself for a name, a function word, a number."""
    if word.isupper() and word.isalpha() and len(word) > 1:
        return frozenset((word, word + "s"))
    if not (word.isalpha() and word.islower()) or len(word) < 3 or word in _FIXED:
        return frozenset((word,))
    return _TABLE.get(word) or frozenset(_regular(word))


def _regular(word: str) -> Iterator[str]:
    """Yield the forms of a word that is not listed, as far as its ending tells what it is."""
    yield word
    if _NO_FORMS.search(word) or (word.endswith("ed") and not word.endswith("eed")):
        return
    if word.endswith("man"):
        yield word[:-3] + "men"
    elif word.endswith("s") and not _SINGULAR.search(word):
        yield _singular(word)
    elif _PLURAL_ONLY.search(word) or not word.isascii():
        yield _plural(word)
    else:
        yield _plural(word)
        yield from _past_and_gerund(word)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if re.search(r"(?:ss|x|z|ch|sh)es$", word) else word[:-1]


def phrase_forms(text: str, *, keep_last: bool = False) -> frozenset[str]:
    """Return every spelling of a phrase with its words inflected, at most `FORMS_MAX`.

    `keep_last` leaves the last word alone: it goes on (`regulat*`).
    """
    words = text.replace("-", " ").split()
    choices = [sorted(forms(word)) for word in words]
    if keep_last:
        choices[-1] = [words[-1]]
    if _count(choices) > FORMS_MAX:
        inflected = [place for place, choice in enumerate(choices) if len(choice) > 1]
        for place in inflected[1:-1]:
            choices[place] = [words[place]]
    if _count(choices) > FORMS_MAX:
        raise AssertionError(f"two words with over {FORMS_MAX} spellings: {text}")
    return frozenset(" ".join(choice) for choice in product(*choices))


def _count(choices: list[list[str]]) -> int:
    total = 1
    for choice in choices:
        total *= len(choice)
    return total
