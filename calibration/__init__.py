"""Constants solved on published figures: of the nation, then a region's own."""
