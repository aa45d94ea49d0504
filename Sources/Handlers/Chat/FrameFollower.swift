import Pipeline
import Turns

/// Passes the events of a turn or of a list on to a stream; each event is encoded once for all its streams.
struct FrameFollower: TurnFollower {
  /// After these a chat stream is over; `done` is not one of them (wire-sessions-chat 2.2).
  static let turnEndings: Set<String> = ["stream_end", "cancel", "apperror", "error"]

  private let writer: any EventStream.Writer
  private let endings: Set<String>

  init(_ writer: any EventStream.Writer, endingAt endings: Set<String> = []) {
    self.writer = writer
    self.endings = endings
  }

  func take(_ event: TurnEvent) -> Bool {
    let frame = event.shared { EventFrame(id: $0.id, event: $0.name, data: $0.data) }
    let isListening = writer.send(frame)
    if endings.contains(event.name) { writer.finish() }
    return isListening
  }

  var backlog: Int { writer.backlog }

  func end() { writer.finish() }
}
