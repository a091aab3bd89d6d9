"""The exchange: all member currencies against each other, one price each, no vehicle currency."""
