"""The sentence of a remedy, and the words that all fronts share. Each front adds its own."""

from __future__ import annotations

from collections.abc import Mapping

from tui.net.errors import Advice, Remedy, Safe

WORDS: Mapping[Remedy, str] = {
    Remedy.CHECK: "Check {about}",
    Remedy.CHECK_PROXY: "Check {about} and your network, then try again",
    Remedy.FIX_OR_UNSET: "Fix it or unset it",
    Remedy.PERCENT_ENCODE: "Percent-encode it (# is %23, / is %2F, ? is %3F)",
    Remedy.PROXY_OR_EXEMPT: "Fix {about}, or add the host to NO_PROXY if it needs no proxy",
    Remedy.PROXY_LOGIN: "Add them to the variable that names the proxy",
    Remedy.NETWORK_LOGIN: "Log in to the network in a browser",
    Remedy.RENEW_CERTIFICATE: "Ask the server's owner to renew it, or check this machine's clock",
    Remedy.TRUST: "If you trust this CA, add it to {about}",
    Remedy.POINT_TO_PEM: "Set {about} to a PEM file that contains the CA, or unset it",
    Remedy.REHASH: "Run `openssl rehash` on that folder, or unset the variable",
    Remedy.TRY_AGAIN: "Try again",
    Remedy.NARROW: "Select fewer flags, by project or tag",
    Remedy.ASK: "Ask {about}",
    Remedy.NEWER_VERSION: "Check for a newer version of this program",
    Remedy.CORRECT: "Fix {about}",
    Remedy.USE: "Use {about}",
    Remedy.GIVE_ADDRESS: "Use the address of {about}",
    Remedy.BROWSER_ADDRESS: "Copy Unleash's address from your browser, up to that path",
    Remedy.TRY_ADDRESS: "Try {about}",
    Remedy.USUAL_ADDRESS: "The usual address is {about}",
    Remedy.TYPE_ID: "Type the ID that Split or Harness shows",
    Remedy.TYPE_TAG: "Type the tag as type:value, or add an Unleash admin or personal token",
    Remedy.ENTER_TAG: "Enter {about}, or use the type that Unleash shows",
    Remedy.RENAME_OR_MATCH: "Change the name, or use the same settings",
    Remedy.USE_OR_RENAME: "Use that one, or change the name",
    Remedy.OTHER_TOKEN: "Ask an admin for access, or use another token",
    Remedy.AUTHENTICATE: "Turn on authentication in Unleash",
    Remedy.SET_VARIABLE: "Set {about}, then run it again",
    Remedy.FIX_KEY_FILE: "Put only the key into a text file, name that file in the recipe, and run it again",
    Remedy.STORE_KEY_ALONE: "Store only the key there, unchanged, and run it again",
    Remedy.WRITE_REFERENCE: "Write {about} in the recipe, and run it again",
    Remedy.STORE_OR_WRITE: "Store it there with the wizard, or write {about} in the recipe, and run it again",
    Remedy.UNLOCK_OR_WRITE: "Unlock it on that machine's desktop, or write {about} in the recipe, and run it again",
    Remedy.SAME_ACCOUNT: (
        "Use a token of the account that started the import, or start a new journal with --journal PATH"
    ),
    Remedy.DELETE_AGAIN: "It still exists. You can delete it again",
    Remedy.START_OR_WATCH: (
        "Check {about} in LaunchDarkly, then start it again or watch it. A second start skips flags that already exist"
    ),
    Remedy.END_OR_WAIT: "Wait until it ends, or if its terminal is gone, end it with: kill {about}",
    Remedy.WAIT_OR_WATCH: "Wait until it ends, or watch it with: ld-flag-import configs watch",
    Remedy.FIND_MACHINE: "Find the machine that ran the import, or archive the flags manually",
    Remedy.GIVE_MANIFEST: "Start with --manifest to resume it",
    Remedy.RUN_AGAIN: "Run it again",
    Remedy.MORE_TIME: "Allow more time with --timeout",
    Remedy.CONFIRM: "Use --yes to {about} without confirmation",
    Remedy.LIST_FLAGS: "List the flags with --dry-run",
    Remedy.LIST_KEYS: "Run `ld-flag-import keys list` to see the names",
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
        clause, sure = f"The request was sent, so {sure}", clause
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in (clause, sure) if part)
