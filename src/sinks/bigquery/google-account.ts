/**
 * Whose calls they are at the real service: Application Default Credentials, found and renewed by google-auth-library. One
 * account for REST and gRPC. The library is loaded with the first call: an emulator's processor never needs it.
 */
import { ConfigurationError } from '../../base/errors.ts';

/** The headers that a call to that URL carries: its token, and who pays. Rejects where no credentials are found. */
export type AccountHeaders = (url: string) => Promise<Readonly<Record<string, string>>>;

const SCOPES = ['https://www.googleapis.com/auth/bigquery', 'https://www.googleapis.com/auth/cloud-platform'];
const USUAL_UNIVERSE = 'googleapis.com';

/** Domain of Google's services, as their libraries take it; another one is a sovereign cloud's. */
export function googleUniverse(env: NodeJS.ProcessEnv = process.env): string {
  return env.GOOGLE_CLOUD_UNIVERSE_DOMAIN || USUAL_UNIVERSE;
}

/** What of google-auth-library is used. */
export interface Credentials {
  getUniverseDomain(): Promise<string>;
  getRequestHeaders(url: string): Promise<Headers>;
}

export function googleAccount(projectId: string, universe = googleUniverse(), load = loadCredentials): AccountHeaders {
  let opening: Promise<Credentials> | undefined;
  return async (url) => {
    opening ??= open(projectId, universe, load);
    // What failed (a file that was not there yet, a metadata server that was away) is looked for again with the next call.
    const credentials = await opening.catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return Object.fromEntries(await credentials.getRequestHeaders(url));
  };
}

async function open(projectId: string, universe: string, load: typeof loadCredentials): Promise<Credentials> {
  const credentials = await load(projectId);
  const theirs = await credentials.getUniverseDomain();
  // A token must not be shown to another cloud.
  if (theirs !== universe) {
    throw new ConfigurationError([
      `GOOGLE_CLOUD_UNIVERSE_DOMAIN is ${universe}, and the credentials are for ${theirs}: use credentials of that cloud, or name theirs`,
    ]);
  }
  return credentials;
}

async function loadCredentials(projectId: string): Promise<Credentials> {
  const { GoogleAuth } = await import('google-auth-library');
  return new GoogleAuth({ projectId, scopes: SCOPES });
}
