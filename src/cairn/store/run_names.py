"""Names for runs that were given none: an adjective, a noun and a number."""

from __future__ import annotations

import random

_ADJECTIVES = (  # noqa: SIM905 - a list of eighty quoted words reads worse
    "able amber ample apt bold brave brief bright brisk calm candid careful clear clever "
    "crisp curious deft eager early easy even exact fair fancy fast fine firm fleet fond "
    "free fresh gentle glad golden grand happy hardy honest humble jolly keen kind light "
    "lively lucid lucky mellow merry mild neat nimble noble patient plain polite prime "
    "proud quick quiet rapid ready robust rosy round serene sharp shy silent simple sleek "
    "smart smooth snug sober solid sound steady stout sturdy sunny swift tall tidy tough "
    "trusty upbeat vivid warm wise witty"
).split()
_NOUNS = (  # noqa: SIM905 - as above
    "alder ant aspen badger bear beaver birch bison brook cairn canyon cedar cliff cloud "
    "comet coral crane creek crow deer delta dove dune eagle elk elm falcon fern finch fir "
    "fjord fox glacier goose grouse gull hare hawk hazel heron hill ibis island jay kestrel "
    "kite lake larch lark ledge linden lion lynx maple marten meadow moose moss moth oak "
    "orca osprey otter owl peak pebble perch pine plover pond puffin quail rapids raven "
    "reef ridge river robin rowan salmon seal shore sparrow spruce stork stream summit swan "
    "tern thrush tide trail trout valley vole walrus whale willow wolf wren yak yew"
).split()


def random_name() -> str:
    """A readable name such as ``brisk-heron-417``; names may repeat."""
    pick = random.SystemRandom()
    return f"{pick.choice(_ADJECTIVES)}-{pick.choice(_NOUNS)}-{pick.randrange(1000)}"
