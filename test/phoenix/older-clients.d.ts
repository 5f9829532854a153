declare module "phoenix-1.8.15" {
  export * from "phoenix";
}
