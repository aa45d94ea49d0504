import JSON

/// What the demo says and does in one turn: a function of the request alone, so that the same request is always
/// answered in the same way.
struct DemoScript {
  /// The prompt shows a tool.
  let usesTool: Bool
  /// The prompt asks for permission.
  let asksApproval: Bool
  /// The prompt asks a question.
  let asksQuestion: Bool
  /// The answer takes some twenty seconds at a human pace.
  let isLong: Bool
  /// The turn ends with an error.
  let fails: Bool
  /// How many messages of the user there are, with the prompt.
  let userMessages: Int
  /// The beginning of the prompt, on one line.
  let firstWords: String
  /// A name for the conversation; nil when it has begun earlier.
  let title: String?
  /// How many tokens the conversation has, roughly.
  let inputTokens: Int
  /// How many of them a model's cache would have had.
  let cachedTokens: Int

  private let seed: String

  init(_ request: TurnRequest) {
    let words = request.prompt.split { !$0.isLetter }.map { $0.lowercased() }
    usesTool = words.contains("tool")
    asksApproval = words.contains("approval")
    asksQuestion = words.contains("clarify") || words.contains("question")
    isLong = words.contains("long")
    fails = words.contains("fail")
    userMessages = request.history.count { $0.object["role"]?.string == "user" } + 1
    firstWords = DemoScript.beginning(of: request.prompt, words: 8)
    let name = DemoScript.beginning(of: request.prompt, words: 5)
    title = request.history.isEmpty ? (name.isEmpty ? "Demo" : "Demo: \(name)") : nil
    // Four bytes a token is the usual rule of thumb.
    cachedTokens = request.history.reduce(0) { $0 + $1.object.bytes(.compact).count } / 4
    inputTokens = cachedTokens + request.prompt.utf8.count / 4 + 1
    seed = "\(request.sessionID)\u{0}\(request.streamID)"
  }

  /// The thinking that comes first.
  let reasoning = ["The user ", "wants to see ", "how an answer ", "arrives. ", "I will show ", "a bit of everything."]

  /// What stands above the list.
  var opening: String {
    let noun = userMessages == 1 ? "message" : "messages"
    return """
      ## Hello from Caduceus

      I have seen \(userMessages) \(noun) from you. The last one begins with “\(firstWords)”.


      """
  }

  /// The list, the code, and how to go on.
  var body: String {
    """
    Words that I know:

    - `tool` shows a tool at work,
    - `approval` asks for your permission,
    - `clarify` asks you a question,
    - `long` writes for a while,
    - `fail` goes wrong.

    ```swift
    func greet(_ name: String) -> String {
      "Hello, \\(name)!"
    }
    ```

    This is the built-in demo; no model is connected. To connect one, start `caduceus serve --agent openai` with \
    `model.base_url`, `model.api_key` and `model.default` set in `config.yaml`.
    """
  }

  /// What a long answer adds: with the rest some 670 words, which is twenty seconds at a human pace.
  var longPart: String {
    let paragraphs = (1...16).map { number in
      """
      \(number). This is paragraph \(number) of sixteen. It says nothing new, but it says it slowly, so that you can \
      close the page, come back, and find that not a word was lost on the way.
      """
    }
    return paragraphs.joined(separator: "\n") + "\n\n"
  }

  /// What the question offers.
  let choices = ["red", "green", "blue"]

  /// A number that names something within the turn.
  ///
  /// - Parameter digits: How many hexadecimal digits it has, at most 32.
  func identifier(_ purpose: String, digits: Int) -> String {
    let halves = ["a", "b"].map { salt -> String in
      // FNV-1a: spread well enough for a name, and the same on every run, which Swift's own hash is not.
      let hash = "\(salt)\(purpose)\u{0}\(seed)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01b3
      }
      let text = String(hash, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return String(halves.joined().prefix(digits))
  }

  /// The first words of a text on one line, cut to 80 characters.
  static func beginning(of text: String, words: Int) -> String {
    let all = text.split(maxSplits: words) { $0.isWhitespace }
    let line = all.prefix(words).joined(separator: " ")
    return line.count > 80 || all.count > words ? "\(line.prefix(80))…" : line
  }

  /// The pieces in which a text is streamed: a word and the space after it.
  static func pieces(of text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var isInSpace = false
    for character in text {
      if isInSpace && !character.isWhitespace {
        pieces.append(piece)
        piece = ""
      }
      isInSpace = character.isWhitespace
      piece.append(character)
    }
    if !piece.isEmpty { pieces.append(piece) }
    return pieces
  }
}
