"""Tokens that leave a doubt: every kind of them, signed by whoever is asked to sign."""

import base64
import json
from typing import Any

from tests.tokens.signers import Signer, b64, unb64

NOW = 1_795_186_800
ISSUER = "https://host.test"
CLAIMS = {"aud": "orrery", "sub": "user-1", "iat": NOW, "exp": NOW + 900, "iss": ISSUER, "customer_id": "abc"}


class _Gone:
    def __repr__(self) -> str:
        return "gone"


GONE = _Gone()


def spelled(part: object) -> str:
    """A part of a token; a string is taken as JSON already."""
    text = part if isinstance(part, str) else json.dumps(part)
    return b64(text.encode())


def but(base: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not GONE}


class Maker:
    """Makes tokens by hand, whatever their parts say."""

    def __init__(self, signer: Signer) -> None:
        self.signer = signer
        self.header = but({"alg": signer.alg, "typ": "orrery+jwt", "kid": signer.kid or GONE})
        self.sound = self.made()
        self.signed, _, self.signature = self.sound.rpartition(".")

    def made(self, header: object = None, claims: object = None, signer: Signer | None = None) -> str:
        return self.of(
            spelled(self.header if header is None else header), spelled(CLAIMS if claims is None else claims), signer
        )

    def of(self, head: str, body: str, signer: Signer | None = None) -> str:
        signed = f"{head}.{body}"
        return f"{signed}.{b64((signer or self.signer).sign(signed.encode()))}"

    def head(self, **changes: object) -> str:
        return self.made(header=but(self.header, **changes))

    def body(self, **changes: object) -> str:
        return self.made(claims=but(CLAIMS, **changes))

    def sized(self, length: int) -> str:
        """A sound token of exactly that many characters."""
        for blanks in range(4):
            head = spelled(json.dumps(self.header) + " " * blanks)
            rest = length - len(head) - len(self.signature) - 2
            body = json.dumps(but(CLAIMS, jti="j" * (rest * 3 // 4 - len(json.dumps(but(CLAIMS, jti=""))))))
            if len(spelled(body)) == rest:
                return self.of(head, spelled(body))
        raise AssertionError(length)


HEADERS: dict[str, list[object]] = {
    "alg": ["none", "None", "NONE", "", "hs256", "HS512", "HS384", "PS256", "ES384", "ES256K", "RSA-OAEP", "dir",
            "Ed448", ["HS256"], {"a": 1}, None, True, GONE],
    "kid": ["../../dev/null", "' OR 1=1 --", "", "k" * 65, "a b", "é", "k\n", 7, None, ["k"], {"k": "k"}, "k" * 2000],
    "typ": ["JWT", "at+jwt", "ORRERY+JWT", "orrery+jwt ", "", None, ["orrery+jwt"], GONE],
    **{
        name: ["https://evil.test/keys", None]
        for name in ("jku", "x5u", "x5c", "x5t", "jwk", "cty", "b64", "zip", "enc", "url", "nonce")
    },
    "crit": [["exp"], []],
}  # fmt: skip
CLAIMED: dict[str, list[object]] = {
    "exp": [GONE, None, str(NOW + 9), NOW + 9.0, True, [NOW], 10**30, 1e308, NOW - 31, NOW, NOW - 1, NOW + 3601],
    "iat": [GONE, None, str(NOW), float(NOW), True, NOW + 31, -NOW, 0, NOW - 2701],
    "nbf": [NOW + 31, 10**30, str(NOW), float(NOW), None, True],
    "aud": [GONE, None, "", "orr", "orrery2", "Orrery", ["orrery"], {"orrery": 1}, 1],
    "iss": [GONE, None, "", "https://host.tes", "https://host.test/", [ISSUER], 1],
    "sub": [GONE, None, "", 7, ["user-1"], True, "\ud800", "\udfff"],
    "jti": [None, 7, ["j"]],
    "customer_id": [GONE, "", "a/b", "..", ".", "a.b", "a%2Fb", "é", "a\n", "x" * 65, "x" * 257, 7, None, ["a"]],
    "external_customer_id": ["abc", "xyz", "", None],  # beside the other one
    "subscription_ids": ["abc", None, {"abc": 1}, ["a/b"], ["abc", ".."], [""], [7], [["a"]]],
    "scope": [["bill"], None, 7, {"bill": 1}],
}
FOREIGN = ["", ".", "..", "a\nb", "a\x00", "\x7f", "\x85", "x" * 257, "\ud800", 7, None, ["a"]]
JSON = json.dumps(CLAIMS)


def odd(maker: Maker) -> dict[str, list[str]]:
    """What no header and no claim of its own says."""
    sound, signed, signature = maker.sound, maker.signed, maker.signature
    header = json.dumps(maker.header)
    return {
        "unsigned": [f"{signed}.", f"{spelled(but(maker.header, alg='none'))}.{spelled(CLAIMS)}.", f"{signed}.AAAA"],
        "before it was issued": [maker.body(nbf=NOW - 900, iat=NOW + 31)],
        "no number": [maker.made(claims=JSON.replace(str(NOW + 900), each)) for each in ("NaN", "1e400", "Infinity")],
        "no number of anything": [maker.made(claims=JSON[:-1] + f', "x": {each}}}') for each in ("NaN", "-Infinity")],
        "twice": [
            maker.made(header=f'{header[:-1]}, "alg": "{maker.signer.alg}"}}'),
            maker.made(claims=JSON[:-1] + ', "customer_id": "abc"}'),
            maker.made(claims=JSON[:-1] + ', "customer\\u005fid": "abc"}'),
            maker.made(claims=JSON[:-1] + ', "theme": {"a": 1, "a": 1}}'),
        ],
        "no object": [
            maker.made(header="[]"),
            *(maker.made(claims=each) for each in ("[]", '"a"', "null", "{", "", JSON + "{}", "[" + JSON + "]")),
        ],
        "another spelling of text": [
            maker.of(b64(header.encode("utf-16")), spelled(CLAIMS)),
            maker.of(b64(b"\xef\xbb\xbf" + header.encode()), spelled(CLAIMS)),
            maker.of(spelled(maker.header), b64(JSON.encode("utf-16"))),
            maker.of(spelled(maker.header), b64(JSON.encode("utf-32"))),
            maker.of(spelled(maker.header), b64(b"\xef\xbb\xbf" + JSON.encode())),
            maker.of(spelled(maker.header), b64(JSON.replace("user-1", "\xe9").encode("latin-1"))),
        ],
        "deep": [maker.made(claims='{"a": ' + "[" * 1300 + "]" * 1300 + "}"), maker.made(header="[" * 1500)],
        "size": [maker.sized(4097), maker.body(jti="j" * 20_000), "a." * 5000, "." * 4096],
        "parts": [
            "", ".", "..", signed, f"{sound}.", f".{sound}", f"{sound}.{signature}.{signature}",
            sound.replace(".", ":"),
        ],
        "another serialization": [
            json.dumps({"payload": signed.split(".")[1], "protected": signed.split(".")[0], "signature": signature}),
            f"{spelled(but(maker.header, enc='A256GCM'))}.{spelled(CLAIMS)}.AAAA.AAAA.AAAA",
            maker.made(claims=json.dumps(sound)),
        ],
        "characters": [
            f"{sound}é", f"é{sound}", f"{sound} .", f"{sound}!!!!", f"\x00{sound}", sound.replace(".", ". ", 1),
            f"Bearer {sound}", f'"{sound}"', f"{sound},{sound}",
        ],
        "white space": [f"{sound} ", f" {sound}", f"{sound}\n"],
        "padding": [f"{sound}=", f"{sound}==", maker.of(_padded(maker.header), spelled(CLAIMS)), _filled(maker)],
        "another alphabet": [maker.of(spelled(maker.header), _standard())],
        "loose bits": [f"{signed}.{signature[:-1]}{_next(signature[-1])}"],
        "signature": [
            f"{signed}.{signature[:-4]}", f"{signed}.{signature}AAAA", f"{signed}.{signature[::-1]}",
            f"{signed}.{b64(bytes(len(unb64(signature))))}", f"{signed}.{'_' * len(signature)}",
            f"{signed}.{signed.split('.')[0]}",
        ],
        "the claims of another": [f"{spelled(maker.header)}.{spelled(but(CLAIMS, customer_id='xyz'))}.{signature}"],
        "the header of another": [f"{spelled(but(maker.header, kid='other'))}.{spelled(CLAIMS)}.{signature}"],
        "an algorithm that is not its key's": [
            maker.head(alg=alg) for alg in ("HS256", "RS256", "ES256", "EdDSA") if alg not in _names(maker.signer)
        ],
    }  # fmt: skip


def _names(signer: Signer) -> set[str]:
    return {"EdDSA", "Ed25519"} if signer.alg in ("EdDSA", "Ed25519") else {signer.alg}


def _padded(part: object) -> str:
    """With the `=` that JWS leaves out; a blank more where none would be needed."""
    text = json.dumps(part).encode()
    return base64.urlsafe_b64encode(text + b" " * (len(text) % 3 == 0)).decode()


def _filled(maker: Maker) -> str:
    head, body, _ = maker.sound.split(".")
    return maker.of(head, body + "=" * (-len(body) % 4 or 4))


def _standard() -> str:
    """Claims in base64 with + and /."""
    text = base64.b64encode(json.dumps(but(CLAIMS, x=">>>???")).encode()).decode()
    assert "+" in text
    assert "/" in text
    return text.rstrip("=")


def _next(character: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) ^ 1]


def corpus(signer: Signer) -> dict[str, str]:
    """Each doubtful token by what is wrong with it."""
    maker = Maker(signer)
    found: list[tuple[str, str]] = []
    for name, values in HEADERS.items():
        found += ((f"{name}={value!a:.30} {n}", maker.head(**{name: value})) for n, value in enumerate(values))
    for name, values in CLAIMED.items():
        found += ((f"{name}={value!a:.30} {n}", maker.body(**{name: value})) for n, value in enumerate(values))
    found += ((f"external={each!a:.30}", maker.body(customer_id=GONE, external_customer_id=each)) for each in FOREIGN)
    found += ((f"{name} {n}", token) for name, tokens in odd(maker).items() for n, token in enumerate(tokens))
    return told_apart(found)


def told_apart(found: list[tuple[str, str]]) -> dict[str, str]:
    # In the id of a test a backslash is escaped once more each time that the same process collects it.
    names = {name.replace("\\", "/"): token for name, token in found}
    assert len(names) == len(found), "two doubts have one name"
    return names
