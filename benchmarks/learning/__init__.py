"""Mock APIs whose behaviour is drawn from the labelled documents, and what a reader may conclude of each.

``draw`` makes an API of a seed; ``service`` answers for it, ``server`` on a loopback port; ``document`` writes the
OpenAPI document, which partly contradicts it; ``truth`` says what can be known; ``oracle`` reads its lists knowing the
truth; ``judge`` compares what ``adaptgen learn`` concluded."""
