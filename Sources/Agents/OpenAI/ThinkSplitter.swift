/// Tells the thinking apart from the answer when a server sends both as content: `<think>...</think>` at the beginning,
/// as llama.cpp and Ollama do with models that think aloud. The tags may be cut anywhere.
struct ThinkSplitter {
  /// A piece of text and what it is.
  enum Piece: Equatable {
    case reasoning(String)
    case answer(String)
  }

  private enum Place {
    case beginning
    case thinking
    case afterThinking
    case answer
  }

  private var place = Place.beginning
  /// What may yet turn out to be a part of a tag, or white space before the answer.
  private var held: [UInt8] = []

  private static let open = Array("<think>".utf8)
  private static let close = Array("</think>".utf8)

  /// Takes more of the content.
  mutating func consume(_ text: String) -> [Piece] {
    if place == .answer { return text.isEmpty ? [] : [.answer(text)] }
    held.append(contentsOf: text.utf8)
    var pieces: [Piece] = []
    while let piece = step() {
      if case .some(let piece) = piece { pieces.append(piece) }
    }
    return pieces
  }

  /// Gives out what was held back; to be called at the end of the content.
  mutating func finish() -> [Piece] {
    defer { held = [] }
    if held.isEmpty || place == .afterThinking { return [] }
    return [place == .thinking ? .reasoning(take(held.count)) : .answer(take(held.count))]
  }

  /// One step: nil when more text is needed, otherwise the piece that came of it, if any.
  private mutating func step() -> Piece?? {
    switch place {
    case .beginning: return stepAtBeginning()
    case .thinking: return stepThinking()
    case .afterThinking:
      // Servers put line feeds between the thinking and the answer.
      held.removeFirst(held.prefix(while: isSpace).count)
      if held.isEmpty { return nil }
      place = .answer
      return .some(nil)
    case .answer: return held.isEmpty ? nil : .answer(take(held.count))
    }
  }

  private mutating func stepAtBeginning() -> Piece?? {
    let tag = held.drop(while: isSpace)
    if tag.starts(with: ThinkSplitter.open) {
      held = Array(tag.dropFirst(ThinkSplitter.open.count))
      place = .thinking
      return .some(nil)
    }
    if ThinkSplitter.open.starts(with: tag) { return nil }
    place = .answer
    return .some(nil)
  }

  private mutating func stepThinking() -> Piece?? {
    let close = ThinkSplitter.close
    if let start = held.indices.first(where: { held[$0...].starts(with: close) }) {
      let text = take(start)
      held.removeFirst(close.count)
      place = .afterThinking
      return text.isEmpty ? .some(nil) : .reasoning(text)
    }
    // Tags are ASCII, so that a cut before one never divides a character.
    let partial = (1..<close.count).last { held.suffix($0).elementsEqual(close.prefix($0)) } ?? 0
    if held.count == partial { return nil }
    return .reasoning(take(held.count - partial))
  }

  private mutating func take(_ count: Int) -> String {
    let text = String(decoding: held.prefix(count), as: UTF8.self)
    held.removeFirst(count)
    return text
  }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
