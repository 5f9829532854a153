import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

/** How many people watch the film. The server sends numbers only, so the page knows no identities. */
export interface AudienceState {
  /** `null` until the first counts arrive. */
  readonly numbers: { readonly users: number; readonly viewers: number } | null;
  /** Whether the numbers are current. After the connection is lost they are the last known ones. */
  readonly isLive: boolean;
  /** What the server has published for other nodes, for the footer. Empty until it has said so. */
  readonly published: string;
}

const initialState = { numbers: null, isLive: false, published: "" } as AudienceState;

export const audienceSlice = createSlice({
  name: "audience",
  initialState,
  reducers: {
    counted: (state, { payload }: PayloadAction<NonNullable<AudienceState["numbers"]>>) => ({
      ...state,
      numbers: payload,
      isLive: true,
    }),
    connectionLost: (state) => ({ ...state, isLive: false }),
    published: (state, { payload }: PayloadAction<string>) => ({ ...state, published: payload }),
  },
});

export const { counted, connectionLost, published } = audienceSlice.actions;
