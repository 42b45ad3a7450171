# ruff: noqa: E501 - a hash is one word
"""Password hashes that the original software made, each with its source.

The costs are low, so that the tests are fast.
"""

from typing import NamedTuple

from app.core.passwords import foreign


class Vector(NamedTuple):
    hash: str
    password: str
    kind: str


GREETING = "Grüße, 1234"

# Made with Django 5.2.19 (django.contrib.auth.hashers), each hasher with a low cost.
DJANGO = [
    Vector(text, GREETING, kind)
    for text, kind in (
        (
            "pbkdf2_sha256$1200$ugDA1Ck0ARnjQcRpSnwxnU$HIXKC7rdcb+9GF2Wpbt09N6BokWNSAqR0HSCdEoJSvo=",
            "pbkdf2-sha256",
        ),
        ("pbkdf2_sha1$1200$KNju6dz1ZFxa8ayAcLgXvH$69+ngBln1x02t9IZiklZczNYx1I=", "pbkdf2-sha1"),
        (
            "argon2$argon2id$v=19$m=64,t=1,p=2$VEtDVTZzREU3SXE1YUs5WjFPdmR0cg$6hbYChTiXZAnLRUPwVg/ALG+sgW28C9drEcn8I2Mep0",
            "raw+argon2id",
        ),
        (
            "bcrypt_sha256$$2b$04$MeOABN3XUwREyq.x3BiGYeMu1E4p4eaFLce00Z5DEUeBDbYFxHBOi",
            "bcrypt+sha256-hex",
        ),
        ("bcrypt$$2b$04$uYdC1J4iw9j88V29PTxfMOc.dUP9rCorfP00BPxH63uLYEUgW8OZi", "bcrypt"),
        (
            "scrypt$16$OIOvc89O8d8FkqLcRX3jZY$8$5$oPFCPc/BwhhkHRt2f88IjGpEm82Zsj9Qi/roIHnfe5B1FMFpQBgrO5zTJAGlkqb5Pn30K5dR/21247GAGosTnQ==",
            "scrypt",
        ),
        ("md5$g1ER1EdaWFSDSvNthIkd0t$4c1823bca7a66d5032726dd581358ffb", "digest-md5"),
    )
]

# Made with passlib 1.7.4, whose hashes Flask, FastAPI, htpasswd and LDAP tools have; the bcrypt ones with libpass 1.9.4.
PASSLIB = [
    Vector(text, GREETING, kind)
    for text, kind in (
        (
            "$scrypt$ln=4,r=8,p=1$XOs9x1grZax1jpESQmiNkQ$rZdUMl01ggvfhR8z/qxuJ8l15pmWht2uSFvN4p4j9o8",
            "scrypt",
        ),
        ("$pbkdf2$1000$f4/xPieEECIkZGwNgXAOIQ$RYC.qO5Vy0/formah54WLwE.iWY", "pbkdf2-sha1"),
        (
            "$pbkdf2-sha256$1000$SgkhpLQWAgCAkHLO.Z8TIg$xp.5YSnW5.8ZvHzvTh1ImRtWVE1KTx4NtlK3QkGUuYA",
            "pbkdf2-sha256",
        ),
        (
            "$pbkdf2-sha512$1000$mvMeg/Beq7XWmhPCOCdEaA$yxKKXUmTrVrb.7v./q0B6RFPJ427z1X.EXhI.wiGLoXfowKL4ywlMeUDU6wrx2PNGZ6vOqF0eLx0zNOoJOqO3w",
            "pbkdf2-sha512",
        ),
        (
            "$5$rounds=1000$hQhvcCEcmYsnTSVi$Y1sbt0q0XYRnVa/05tiBkjPRCCyNp87t2s7iBb.uUs7",
            "sha256-crypt",
        ),
        (
            "{CRYPT}$6$4xRROOCAUmZfaMma$dRWOlczvW0tB9H4A8oFDoc9WvYhQdnGb9zeMaTd6S.JUvU4SLAo0V7Eo4ywyAD4UyfaZ6W5/tkuMGVLQt1hB7.",
            "sha512-crypt",
        ),
        ("$P$5HZuPN5fTYngYf5Mi2WbDrBr10tWK7.", "phpass"),
        ("$apr1$q./8hQ.3$pjUIIuOxr3BoijEHlOG9M/", "md5-crypt"),
        ("$1$o23/xKUp$DrMc.emZYrLrJAfurhH2v1", "md5-crypt"),
        ("{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw", "digest-sha1"),
        ("{smd5}1Lp4GkDBLjjIzWR7neYpJGrtfQ8=", "digest-md5"),
        ("{SSHA256}dAs7fbaTvVgjgdJkMuw/eIP9Kx5zYeDlsXepE54QlVxJybn3HoPw3g==", "digest-sha256"),
        (
            "{SSHA512}6S+DpuLBMMJXbPyNb9GACXpFcv/qNalH4bJwEvTxBr0OwXFzYwvyt1/gdioopmsC+jQimNKmB9lDqQmVQQiMoBfC2NsbY8x5",
            "digest-sha512",
        ),
        ("{SHA}aFU+I4fJ6YAjs2a5+6yOkAa0Cls=", "digest-sha1"),
        ("{MD5}dcYrZn3ilR5QcpQoSjHzug==", "digest-md5"),
        (
            "{PBKDF2-SHA256}1000$FOKcU.r9f8.59947Z2xtbQ$fy7qjSLA6tsi.jtIi/iWwCUiC.aAeJHotYTGXf3xRXE",
            "pbkdf2-sha256",
        ),
        ("sha1$hKCgKRjeDE6q$4ecb1ff352eabf71d39c097afaa1ba3005fe8454", "digest-sha1"),
        ("68553e2387c9e98023b366b9fbac8e9006b40a5b", "digest-sha1"),
        (
            "$bcrypt-sha256$v=2,t=2b,r=4$Jjcw.CZvq3VbG0tyTbw98e$H.BEKGa0DGQ6IUU61wBPs9UMpRHj2Lq",
            "bcrypt+hmac-sha256",
        ),
        ("$2a$04$FhE/dDQmY/HgM2qh9dQDI.Mohd.y3R9YEgSXVmwBOKS/nbbsNnJDa", "bcrypt"),
    )
]

# argon2-cffi 25.1.0, which is the reference implementation in C.
ARGON2 = [
    Vector(text, GREETING, kind)
    for text, kind in (
        (
            "$argon2i$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$Y8HegTNEEOmO286M7XHt/Xkz8lkkGfiM3zBy7f2A1+8",
            "raw+argon2i",
        ),
        (
            "{ARGON2}$argon2d$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$bCqa/rwtDMRHVnymSD5XOAFf1G6w31+MACf8DoW6BkA",
            "raw+argon2d",
        ),
        (
            "$argon2id$v=16$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$17brNzkz0bzqn6/ZtM83HZ1BEFftu+nn0h+xIPEHMko",
            "raw+argon2id",
        ),
    )
]

# The test cases of ASP.NET Core Identity (PasswordHasherTest.cs), versions 2 and 3.
ASPNET = [
    Vector(text, "my password", kind)
    for text, kind in (
        ("AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==", "pbkdf2-sha1"),
        (
            "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==",
            "pbkdf2-sha256",
        ),
        ("AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw", "pbkdf2-sha512"),
        ("AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M", "pbkdf2-sha1"),
    )
]

# sha-crypt: crypt(3) of libxcrypt. phpass: the test of the PHP original. md5(password): RFC 1321.
SPECIFIED = [
    Vector(
        "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!", "sha256-crypt"
    ),
    Vector(
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        "Hello world!",
        "sha512-crypt",
    ),
    Vector("$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345", "phpass"),
    Vector("c3fcd3d76192e4007dfb496cca67e13b", "abcdefghijklmnopqrstuvwxyz", "digest-md5"),
]

# The tests of 389 Directory Server, of SFTPGo (a hash of the older 389), of Dovecot and of SOGo (Dovecot's).
DIRECTORIES = [
    Vector(
        "{PBKDF2-SHA256}10000$henZGfPWw79Cs8ORDeVNrQ$1dTJy73v6n3bnTmTZFghxHXHLsAzKaAy8SksDfZBPIw",
        "password",
        "pbkdf2-sha256",
    ),
    Vector(
        "{PBKDF2_SHA256}AAAIAMZIKG4ie44zJY4HOXI+upFR74PzWLUQV63jg+zzkbEjCK3N4qW583WF7EdcpeoOMQ4HY3aWEXB6lnXhXJixbJkU4vVSJkL6YCbU3TrD0qn1uUUVSkaIgAOtmZENitwbhYhiWfEzGyAtFqkFd75P5xhWJEog9XhQKYrR0f7S3WGGZq03JRcLJ460xpU97bE/sWRn7sshgkWzLuyrs0I+XRKmK7FJeaA9zd+1m44Y3IVmZ2YLdKATzjRHAIgpBC6i1TWOcpKJT1+feP1C9hrxH8vU9baw9thNiO8jSHaZlwb//KpJFe0ahVnG/1ubiG8cO0+CCqDqXVJR6Vr4QZxHP+4pwooW+4TP/L+HFdyA1y6z4gKfqYnBsmb3sD1R1TbxfH4btTdvgZAnBk9CmR3QASkFXxeTYsrmNd5+9IAHc6dm",
        "password",
        "pbkdf2-sha256",
    ),
    Vector(
        "{PBKDF2}$1$bUnT4Pl7yFtYX0KU$5000$50a83cafdc517b9f46519415e53c6a858908680a",
        "test",
        "pbkdf2-sha1",
    ),
    Vector(
        "{pbkdf2}$1$xbhnwhLxltdS9L5M$5001$f1699047a6132383490817d6e58a5284f13339f0",
        "123456",
        "pbkdf2-sha1",
    ),
]

READ = [*DJANGO, *PASSLIB, *ARGON2, *ASPNET, *SPECIFIED, *DIRECTORIES]

# Strimzi's example realm, exported by Keycloak: PBKDF2-SHA256 of 64 bytes.
KEYCLOAK = Vector(
    foreign.pbkdf2(
        "sha256",
        27_500,
        foreign.decoded("EPgscX9CQz7UnuZDNZxtMw=="),
        foreign.decoded(
            "KqABIiReBuRWbP4pBct3W067pNvYzeN7ILBV+8vT8nuF5cgYs2fdl2QikJT/7bGTW/PBXg6CYLwJQFYrBK9MWg=="
        ),
    ),
    "alice-password",
    "pbkdf2-sha256",
)

# The sample of github.com/firebase/scrypt.
FIREBASE_SIGNER = (
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
)
FIREBASE = Vector(
    foreign.firebase(
        8,
        14,
        foreign.decoded("42xEC+ixf3L2lw=="),
        foreign.decoded("Bw=="),
        foreign.decoded(
            "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
        ),
    ),
    "user1password",
    "firebase",
)
