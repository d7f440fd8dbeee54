"""The sentence of a remedy, and the words that all fronts share. Each front adds its own."""

from __future__ import annotations

from collections.abc import Mapping

from tui.net.errors import Advice, Remedy, Safe

WORDS: Mapping[Remedy, str] = {
    Remedy.CHECK: "Check {about}",
    Remedy.CHECK_PROXY: "Check {about} and this machine's network, then try again",
    Remedy.FIX_OR_UNSET: "Fix it or unset it",
    Remedy.PERCENT_ENCODE: "Percent-encode it (# is %23, / is %2F, ? is %3F)",
    Remedy.PROXY_OR_EXEMPT: "Correct {about}, or add the host to NO_PROXY if it needs no proxy",
    Remedy.PROXY_LOGIN: "Put them into the variable that names the proxy",
    Remedy.NETWORK_LOGIN: "Log in to the network in a browser",
    Remedy.RENEW_CERTIFICATE: "Its owner must renew it, or this machine's clock is wrong",
    Remedy.TRUST: "If you trust it, add the authority to {about}",
    Remedy.POINT_TO_PEM: "Point {about} to a PEM file that contains the authority, or unset it",
    Remedy.REHASH: "Run `openssl rehash` on that folder, or unset the variable",
    Remedy.TRY_AGAIN: "Try again",
    Remedy.NARROW: "Narrow what is asked for",
    Remedy.ASK: "Ask {about}",
    Remedy.NEWER_VERSION: "Look for a newer version of this program",
    Remedy.CORRECT: "Correct {about}",
    Remedy.USE: "Use {about}",
    Remedy.GIVE_ADDRESS: "Give the address of {about}",
    Remedy.BROWSER_ADDRESS: "Give the address as your browser shows it in Unleash, up to that path",
    Remedy.TRY_ADDRESS: "Try {about}",
    Remedy.USUAL_ADDRESS: "The usual address is {about}",
    Remedy.TYPE_ID: "Type the id, as Split or Harness shows it; the import need not list them",
    Remedy.TYPE_TAG: "Type the tag as type:value, or give an admin or personal token for looking",
    Remedy.ENTER_TAG: "Enter {about}, or the type that it has in Unleash",
    Remedy.RENAME_OR_MATCH: "Change the name, or the settings to match",
    Remedy.USE_OR_RENAME: "Use that one, or change the name",
    Remedy.OTHER_TOKEN: "Ask an admin, or use another token",
    Remedy.AUTHENTICATE: "Turn authentication on there",
    Remedy.SET_VARIABLE: "Set {about} and run again",
    Remedy.FIX_KEY_FILE: "Put the key alone into a text file of your own, name that file, and run again",
    Remedy.STORE_KEY_ALONE: "Store the key alone there, unchanged, and run again",
    Remedy.WRITE_REFERENCE: "Write {about} in the recipe, and run again",
    Remedy.STORE_OR_WRITE: "Store it there with the wizard, or write {about} in the recipe, and run again",
    Remedy.UNLOCK_OR_WRITE: "Unlock it on that machine's desktop, or write {about} in the recipe, and run again",
    Remedy.SAME_ACCOUNT: (
        "Use a token of the account that the import was begun with, or start a new journal with --journal PATH"
    ),
    Remedy.DELETE_AGAIN: "It still exists. You can delete it again",
    Remedy.START_OR_WATCH: (
        "Look at {about} in LaunchDarkly, then start it again or watch it. A second start skips flags that exist by"
        " then"
    ),
    Remedy.WAIT_OR_WATCH: "Wait for its end, or look on with: ld-flag-import configs watch",
    Remedy.FIND_MACHINE: "Look for the machine it was run on, or archive flags by hand",
    Remedy.GIVE_MANIFEST: "Start with --manifest to go on with it",
    Remedy.RUN_AGAIN: "Run again",
    Remedy.MORE_TIME: "Give it longer with --timeout",
    Remedy.CONFIRM: "Give --yes to {about} without being asked",
    Remedy.LIST_FLAGS: "List the flags with --dry-run",
    Remedy.LIST_KEYS: "See `ld-flag-import keys list` for the names",
}
"""Clauses without their full stop; `{about}` is the advice's, or "it"."""


def worded(advice: Advice, words: Mapping[Remedy, str], safe: Mapping[Safe, str]) -> str:
    """Return the advice in one or two sentences, "" for none. `words` and `safe` are the front's own; an empty text
    in `safe` leaves that part out."""
    clause = ""
    if advice.remedy is not None:
        clause = (words.get(advice.remedy) or WORDS[advice.remedy]).format(about=advice.about or "it")
    sure = "" if advice.safe is None else safe.get(advice.safe, advice.safe.value)
    if advice.safe is Safe.MAYBE_DONE:
        return f"The request was out, so {sure}. {clause}.".replace(". .", ".")
    text = "; ".join(filter(None, (clause, sure)))
    return f"{text[0].upper()}{text[1:]}." if text else ""
