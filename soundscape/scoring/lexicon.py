"""The little English that the lexical embedder knows: what carries no meaning, what grades it, and what means the same.

A word belongs to one group at most. Groups hold stems (:func:`soundscape.scoring.lexical.stem`), written here as plain
words and stemmed on loading. They cover what captions of everyday audio are made of: sources, manners and moods.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Grammar: the frame of a caption rather than what it is about.
STOP_WORDS = _words(
    """
    a an and are as at be been being but by can could do does for from had has have he her hers him his i if in into
    is it its me my of off on onto or our over she so some such than that the their them then there these they this
    those through to too under up upon us very was we were what when where which while who whom whose will with within
    without would you your during after before again also just only not no nor each both few more most other own same
    """
)

#: Words that say how much, how clearly or in what kind of recording, and words true of every sound.
WEAK_WORDS = _words(
    """
    slight slightly somewhat mildly clear clearly intensely intense strongly strong weakly weak moderate moderately
    extremely extreme quite rather fairly highly deeply subtle subtly faint faintly mild hint hints touch trace tone
    toned laced sound sounds sounding noise noises audio clip recording heard hear hearing audible background
    foreground distance distant nearby close several various multiple occasional occasionally continuous continuously
    brief briefly someone something person people voice voices speaking speak speaks spoken speaker expression
    expressed manner way
    style kind sort type feeling emotion mood plays playing played play
    """
)

SYNONYMS: tuple[tuple[str, ...], ...] = (
    # moods and manners
    ("anger", "angry", "furious", "fury", "rage", "raging", "irate", "enraged", "mad", "outrage", "wrath"),
    ("annoyed", "annoyance", "irritated", "irritation", "frustrated", "frustration", "exasperated", "impatient"),
    ("happy", "happiness", "joy", "joyful", "cheerful", "delighted", "delight", "glad", "elated", "merry", "elation"),
    ("amused", "amusement", "playful", "humorous", "teasing", "funny"),
    ("excited", "excitement", "enthusiastic", "enthusiasm", "thrilled", "eager", "energetic", "lively", "animated"),
    ("sad", "sadness", "sorrow", "sorrowful", "unhappy", "mournful", "grief", "melancholy", "gloomy", "dejected"),
    ("fear", "fearful", "afraid", "scared", "terrified", "terror", "frightened", "panic", "panicked", "dread"),
    ("anxious", "anxiety", "nervous", "worried", "worry", "tense", "uneasy", "apprehensive", "stressed"),
    ("surprise", "surprised", "astonished", "astonishment", "amazed", "amazement", "shocked", "startled"),
    ("disgust", "disgusted", "revulsion", "contempt", "contemptuous", "scornful", "disdain"),
    ("calm", "relaxed", "serene", "peaceful", "tranquil", "composed", "soothing", "placid"),
    ("neutral", "flat", "monotone", "monotonous", "matter", "emotionless", "deadpan", "indifferent"),
    ("tired", "weary", "fatigue", "fatigued", "exhausted", "sleepy", "drowsy"),
    ("tender", "affection", "affectionate", "loving", "warm", "gentle", "soft", "softly"),
    ("proud", "pride", "triumphant", "triumph", "confident", "confidence"),
    ("bored", "boredom", "uninterested", "listless"),
    ("pain", "painful", "agony", "anguish", "suffering", "hurt"),
    ("embarrassed", "embarrassment", "ashamed", "shame", "awkward", "shy"),
    ("disappointed", "disappointment", "regret", "regretful", "bitter"),
    ("hope", "hopeful", "optimistic", "longing", "yearning", "wistful"),
    ("whisper", "whispered", "whispering", "hushed", "murmur", "murmured"),
    ("shout", "shouting", "shouted", "yell", "yelling", "bellow", "holler"),
    ("fast", "quick", "quickly", "rapid", "rapidly", "hurried", "brisk"),
    ("slow", "slowly", "unhurried", "sluggish"),
    ("loud", "loudly", "noisy", "booming", "thunderous"),
    ("quiet", "quietly", "silent", "muted"),
    # voices that do not speak
    ("laugh", "laughter", "laughing", "chuckle", "giggle", "cackle", "snicker", "guffaw"),
    ("cry", "crying", "sob", "sobbing", "weep", "weeping", "wail", "whimper"),
    ("scream", "screaming", "shriek", "screech", "squeal"),
    ("sigh", "sighing", "exhale", "exhalation"),
    ("gasp", "gasping", "inhale", "intake", "pant", "panting"),
    ("cough", "coughing", "ahem", "throat", "splutter"),
    ("moan", "groan", "groaning", "grunt"),
    ("yawn", "yawning"),
    ("hum", "humming", "hmm", "mmm"),
    ("scoff", "snort", "huff"),
    # sources
    ("dog", "puppy", "hound", "bark", "barking", "woof", "canine"),
    ("cat", "kitten", "meow", "purr", "feline"),
    ("bird", "chirp", "chirping", "tweet", "twitter", "birdsong", "warble"),
    ("rooster", "cock", "crow", "crowing", "hen", "chicken", "cluck"),
    ("rain", "raining", "rainfall", "drizzle", "downpour", "raindrop"),
    ("thunder", "thunderstorm", "thunderclap", "lightning"),
    ("wind", "windy", "breeze", "gust"),
    ("water", "stream", "river", "brook", "splash", "wave", "ocean", "sea"),
    ("drip", "dripping", "droplet", "trickle"),
    ("fire", "flame", "crackle", "crackling", "campfire", "burning"),
    ("siren", "ambulance", "police"),
    ("alarm", "beep", "beeping", "buzzer", "bleep"),
    ("bell", "chime", "ringing", "ring", "toll", "ding"),
    ("telephone", "phone", "ringtone", "cellphone", "mobile"),
    ("clock", "tick", "ticking", "tock", "watch"),
    ("door", "gate", "slam", "creak"),
    ("knock", "knocking", "tap", "tapping", "rap"),
    ("step", "footstep", "walking", "walk", "stride"),
    ("car", "automobile", "vehicle", "traffic"),
    ("engine", "motor", "machine", "machinery", "idling"),
    ("horn", "honk", "hoot", "toot"),
    ("train", "railway", "locomotive", "tram"),
    ("plane", "airplane", "aeroplane", "aircraft", "jet", "helicopter"),
    ("glass", "shatter", "smash", "breaking"),
    ("applause", "clap", "clapping", "ovation"),
    ("crowd", "audience", "chatter", "babble", "cheer", "cheering"),
    ("gun", "gunshot", "gunfire", "shot", "explosion", "bang", "blast"),
    ("keyboard", "typing", "typewriter", "keystroke"),
    ("insect", "bee", "cricket", "mosquito", "buzzing", "buzz", "fly"),
    # music
    ("music", "musical", "song", "tune", "melody", "instrumental", "track"),
    ("drum", "drums", "percussion", "beat", "beats", "drumming"),
    ("guitar", "strum", "strummed", "acoustic", "ukulele"),
    ("piano", "keyboardist", "pianist"),
    ("violin", "fiddle", "strings", "cello", "orchestra", "orchestral", "symphonic"),
    ("synth", "synthesizer", "synthesiser", "electronic", "electro", "techno", "edm"),
    ("flute", "woodwind", "clarinet", "whistle"),
    ("trumpet", "brass", "trombone", "saxophone", "sax"),
    ("upbeat", "uptempo", "danceable", "catchy"),
    ("ambient", "atmospheric", "dreamy", "ethereal"),
    # people
    ("man", "male", "men", "guy", "masculine", "gentleman"),
    ("woman", "female", "women", "lady", "feminine"),
    ("child", "children", "kid", "boy", "girl", "toddler", "baby", "infant"),
)
