"""Write golden_plans.json anew: python tests/planning/update_golden.py. Only together with a new PROTOCOL_VERSION."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from soundscape import schema
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import plan_scene
from tests.planning.fakes import FakeCatalogue

catalogue = FakeCatalogue()
golden = {}
for name in recipes.names():
    recipe = recipes.load(name)
    digest = recipes.digest(recipe)
    golden[name] = [schema.digest(plan_scene(recipe, digest, catalogue, 1, i)) for i in range(5)]
Path(__file__).with_name("golden_plans.json").write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
