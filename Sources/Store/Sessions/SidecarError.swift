import JSON

/// Why a conversation's file could not be used. The file is left as it is.
public enum SidecarError: Error, Sendable, Equatable {
  /// What is wrong with the bytes.
  public enum Corruption: Sendable, Equatable {
    /// No byte, or only white space.
    case empty
    /// Some bytes are no UTF-8.
    case notUTF8
    /// The text ends too early or is no JSON.
    case notJSON(JSONParseError)
    /// JSON, but no object: an array, a number, ...
    case notAnObject
    /// Something stands behind the object, or its brace is missing.
    case notOneObject
    /// `messages` is there and is neither an array nor `null`.
    case messagesNotAnArray
    /// A message, by its index, is no JSON object.
    case messageNotAnObject(Int)
  }

  /// The file's bytes are no conversation (domain 3.2 and 6, numbers 1 and 2).
  case corrupt(Corruption)
  /// A new conversation cannot be written, because there is already a file of that id.
  case alreadyExists
  /// The change would leave no message in a conversation that has some, while a turn is running (wire 4).
  case wouldEmptyRunningSession
}
