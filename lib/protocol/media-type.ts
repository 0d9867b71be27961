/** The type alone, in lower case: `Application/JSON; charset=utf-8` is `application/json`. */
export function mediaType(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}

/** JSON and the vendor types built on it. */
export function isJsonType(contentType: string): boolean {
  return /[/+]json$/.test(mediaType(contentType));
}

/** Types whose bytes are UTF-8 text: text/*, XML and forms. */
export function isTextType(contentType: string): boolean {
  return /^text\/|[/+]xml$|^application\/x-www-form-urlencoded$/.test(
    mediaType(contentType),
  );
}
